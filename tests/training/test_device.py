"""The device of a run: what is refused, and what is recorded. The tests need no GPU."""

from __future__ import annotations

import pytest
import torch

from harness.errors import HarnessError, ResultError
from harness.execution.environment import describe, key_of
from harness.plugin.kinds import CHOICES
from harness.records.folder import ResultFolder
from harness.study.configuration import Configuration, ModelSettings, Selection, TrainingSettings
from harness.training.cohort import shares_pairs
from harness.training.device import check_device


def test_the_cpu_is_always_there():
    assert check_device("cpu") == "cpu"


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "cuda:7"])
def test_a_gpu_that_is_not_there_is_refused(name, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(HarnessError, match=f"no device '{name}': .*; use --device cpu"):
        check_device(name)


def test_a_number_beyond_the_last_gpu_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert check_device("cuda") == "cuda:0"
    assert check_device("cuda:1") == "cuda:1"
    with pytest.raises(HarnessError, match="no device 'cuda:2': the last one here is cuda:1"):
        check_device("cuda:2")


@pytest.mark.parametrize("name", ["gpu", "cpu:0", "cuda:", "cuda:x", "cuda:-1", "cuda:01", "cuda:٣", "", "mps"])
def test_an_unknown_name_is_refused(name):
    with pytest.raises(HarnessError, match=f"unknown device '{name}'.* known: cpu, cuda, cuda:0"):
        check_device(name)


def test_the_environment_names_the_device(registry, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda name: "Some GPU")
    on_cpu, on_gpu = describe(registry), describe(registry, "cuda")
    assert (on_cpu["device"], on_gpu["device"]) == ("cpu", "cuda Some GPU")
    assert key_of(on_cpu) != key_of(on_gpu)


def test_a_gpu_takes_the_plain_path(tiny):
    choices = {choice: Selection.of("any", {}) for choice in CHOICES}
    configuration = Configuration.of(choices, ModelSettings(hidden_dim=1000), TrainingSettings(batch_size=300))
    assert shares_pairs(configuration, tiny)
    assert not shares_pairs(configuration, tiny, "cuda")


def test_a_folder_keeps_to_one_device(tmp_path):
    folder = ResultFolder(tmp_path)
    folder.add_environment("a", {"device": "cpu"})
    folder.add_environment("b", {"device": "cpu", "torch": "3"})
    with pytest.raises(ResultError, match="its runs were computed on cpu, not cuda:0 Some GPU; go on"):
        folder.add_environment("c", {"device": "cuda:0 Some GPU"})
    assert list(folder.environments()) == ["a", "b"]

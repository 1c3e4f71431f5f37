"""The name of a device: what is refused, and what is recorded. The tests need no GPU."""

from __future__ import annotations

import pytest
import torch

from harness.errors import HarnessError
from harness.training.device import check_device, describe_device


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


def test_a_gpu_is_described_by_its_model(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda name: "Some GPU")
    assert describe_device("cpu") == "cpu"
    assert describe_device("cuda:1") == "cuda:1 Some GPU"

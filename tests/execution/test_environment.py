"""The environment of runs: what is recorded of where they were computed."""

from __future__ import annotations

import torch

from harness.execution.environment import describe, key_of


def test_the_environment_names_the_device(registry, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda name: "Some GPU")
    on_cpu, on_gpu = describe(registry), describe(registry, "cuda")
    assert (on_cpu["device"], on_gpu["device"]) == ("cpu", "cuda Some GPU")
    assert key_of(on_cpu) != key_of(on_gpu)

"""What a folder says of where its runs were made."""

from __future__ import annotations

import os
import platform

import torch

from harness.execution.environment import PACKAGES, describe, key_of


def test_it_names_versions_machine_and_plugins(registry):
    told = describe(registry)
    assert list(told["packages"]) == list(PACKAGES)
    assert told["packages"]["torch"] == torch.__version__
    assert (told["python"], told["device"], told["cores"]) == (platform.python_version(), "cpu", os.cpu_count())
    assert set(told["plugins"]) == {plugin.name for plugin in registry.plugins}
    assert told["processor"]


def test_a_package_that_is_not_there_has_no_version(registry, monkeypatch):
    monkeypatch.setattr("harness.execution.environment.PACKAGES", ("torch", "no-such-package"))
    assert describe(registry)["packages"]["no-such-package"] == "unknown"


def test_the_key_is_of_the_content_and_not_of_its_order(registry):
    told = describe(registry)
    assert key_of(told) == key_of(dict(reversed(told.items())))
    assert key_of(told) != key_of({**told, "device": "cuda:0"})
    assert len(key_of(told)) == 8


def test_the_environment_names_the_device(registry, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda name: "Some GPU")
    on_cpu, on_gpu = describe(registry), describe(registry, "cuda")
    assert (on_cpu["device"], on_gpu["device"]) == ("cpu", "cuda Some GPU")
    assert key_of(on_cpu) != key_of(on_gpu)

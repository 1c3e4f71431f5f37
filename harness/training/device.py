"""The device that a run computes on: its name checked, and described for the records."""

from __future__ import annotations

import re

import torch

from harness.arguments import text_of
from harness.errors import HarnessError, unknown


def device_named(name: str | torch.device) -> str:
    """The full name of a device, ``cpu`` or ``cuda:N`` (0 where none is given), which may be another machine's."""
    name = text_of(str(name) if isinstance(name, torch.device) else name, "device")
    if not re.fullmatch(r"cpu|cuda(:(0|[1-9][0-9]?))?", name):
        raise HarnessError(unknown("device", name, ("cpu", "cuda", "cuda:0")))
    return "cuda:0" if name == "cuda" else name


def check_device(name: str | torch.device) -> str:
    """The full name of a device, ``cpu`` or ``cuda:N`` (0 where none is given); HarnessError if it is not there."""
    given, name = str(name), device_named(name)
    if name != "cpu":
        if not torch.cuda.is_available():
            build = "this build of torch is for the CPU" if torch.version.cuda is None else "torch finds no GPU"
            raise HarnessError(f"no device {given!r}: {build} (torch {torch.__version__}); use --device cpu")
        count = torch.cuda.device_count()
        if int(name.partition(":")[2]) >= count:
            raise HarnessError(f"no device {given!r}: the last one here is cuda:{count - 1}")
    return name


def describe_device(name: str) -> str:
    """A device's name, and a GPU's model after it: part of the environment of a run."""
    return name if name == "cpu" else f"{name} {torch.cuda.get_device_name(name)}"

"""What a run computes on."""

from __future__ import annotations

import torch

from harness.errors import HarnessError, unknown


def check_device(name: str) -> str:
    """``cpu``, ``cuda`` or ``cuda:N``; HarnessError where this machine has no such device."""
    kind, colon, number = name.partition(":")
    if kind not in ("cpu", "cuda") or (colon and not number.isdecimal()) or (kind == "cpu" and colon):
        raise HarnessError(unknown("device", name, ("cpu", "cuda", "cuda:0")))
    if kind == "cuda":
        if not torch.cuda.is_available():
            build = "this build of torch is for the CPU" if torch.version.cuda is None else "torch finds no GPU"
            raise HarnessError(f"no device {name!r}: {build} (torch {torch.__version__}); use --device cpu")
        count = torch.cuda.device_count()
        if int(number or 0) >= count:
            raise HarnessError(f"no device {name!r}: the last one here is cuda:{count - 1}")
    return name


def describe_device(name: str) -> str:
    """The name, and what a GPU is: part of the environment of a run."""
    return name if name == "cpu" else f"{name} {torch.cuda.get_device_name(name)}"

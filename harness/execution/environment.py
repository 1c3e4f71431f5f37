"""The environment of a run, as environment.json keeps it: versions, machine, device."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.plugin.registry import Registry
from harness.training.device import describe_device

PACKAGES = ("optimiser-harness", "torch", "numpy", "scipy", "optuna", "pandas", "pluggy")


def describe(registry: Registry, device: str = "cpu") -> dict[str, Any]:
    """Versions, commit, processor, device and plugins: what a reader needs to judge whether numbers are comparable."""
    import torch

    return {
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "commit": _commit(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "cores": os.cpu_count(),
        "device": describe_device(device),
        "plugins": {plugin.name: plugin.version for plugin in registry.plugins},
    }


def key_of(environment: Mapping[str, Any]) -> str:
    """Eight hexadecimal digits that name an environment in the records."""
    return hashlib.sha256(json.dumps(environment, sort_keys=True).encode()).hexdigest()[:8]


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _commit() -> str:
    """The commit of the harness's checkout; '' if the harness is installed without one."""
    here = Path(__file__).parents[2]
    if not (here / ".git").exists():
        return ""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],
            cwd=here,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return described.stdout.strip()


def _processor() -> str:
    """The model of the processor, as the operating system calls it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()

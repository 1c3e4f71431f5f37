"""What a package of built-ins registers, by name: functions and classes, and the averages of schedules."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import Any


def registered(package: ModuleType) -> SimpleNamespace:
    """The components of a package such as ``harness_plugins.optimisers``: ``registered(optimisers).adam``."""
    return SimpleNamespace(**{name: component for name, component, _ in _calls(package)})


def averages(package: ModuleType) -> SimpleNamespace:
    """The averages of a package of schedules, by the schedule's name."""
    return SimpleNamespace(**{name: given["average"] for name, _, given in _calls(package)})


def _calls(package: ModuleType) -> list[tuple[str, Any, dict[str, Any]]]:
    calls: list[tuple[str, Any, dict[str, Any]]] = []
    [hook] = [value for name, value in vars(package).items() if name.startswith("register_")]
    hook(register=lambda name, component, **given: calls.append((name, component, given)))
    return calls

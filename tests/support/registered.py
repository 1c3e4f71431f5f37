"""What a package of built-ins registers: by name, as a registry without any other plugin, and its spaces at random."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import strategies as st

from harness.plugin.component import Component
from harness.plugin.ranges import Range
from harness.plugin.registry import Registry, build_registry


def registered(package: ModuleType) -> SimpleNamespace:
    """The components of a package such as ``harness_plugins.optimisers``: ``registered(optimisers).adam``."""
    return SimpleNamespace(**{name: component for name, component, _ in _calls(package)})


def averages(package: ModuleType) -> SimpleNamespace:
    """The averages of a package of schedules, by the schedule's name."""
    return SimpleNamespace(**{name: given["average"] for name, _, given in _calls(package)})


def alone(package: str) -> Registry:
    """The components of a package or module, and of no other plugin."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_PLUGINS", "")
        return build_registry([package])


def draw_values(component: Component, data: st.DataObject) -> dict[str, Any]:
    """A value from each range of a component's space."""
    values: dict[str, Any] = {}
    for name, domain in component.space.items():
        assert isinstance(domain, Range)
        whole = st.integers(int(domain.low), int(domain.high))
        values[name] = data.draw(whole if domain.integer else st.floats(domain.low, domain.high), label=name)
    return values


def _calls(package: ModuleType) -> list[tuple[str, Any, dict[str, Any]]]:
    calls: list[tuple[str, Any, dict[str, Any]]] = []
    [hook] = [value for name, value in vars(package).items() if name.startswith("register_")]
    hook(register=lambda name, component, **given: calls.append((name, component, given)))
    return calls

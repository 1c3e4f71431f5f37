"""What of an environment, as environment.json keeps it, can change numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SURROUNDINGS = ("python", "system", "processor", "cpu_capability", "device", "packages", "plugins")
"""The parts of an environment that can change numbers; the number of cores and the commit cannot."""


def surroundings(environment: Mapping[str, Any]) -> dict[str, object]:
    """The parts of an environment that can change numbers, as one flat mapping: each package under its own name."""
    flat: dict[str, object] = {}
    for name in SURROUNDINGS:
        value = environment.get(name)
        if isinstance(value, Mapping):
            flat |= {str(package): version for package, version in value.items()}
        elif value is not None:
            flat[name] = value
    return flat

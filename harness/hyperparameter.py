"""Hyperparameter: a name, a type, a default, and which values fit."""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.errors import unknown
from harness.ranges import Value
from harness.signatures import TYPES


@dataclass(frozen=True, kw_only=True)
class Hyperparameter:
    """``type``: bool, int, float or str. ``default``: None where the component insists on being told.

    ``allowed``: the only values that there are; empty where any of the type may do.
    """

    name: str
    type: type
    default: Value | None
    allowed: tuple[Value, ...] = ()

    def check(self, value: object) -> Value:
        """The value in this hyperparameter's type, or a ValueError that says what is allowed."""
        if self.type is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if type(value) is not self.type or (isinstance(value, float) and not math.isfinite(value)):
            raise ValueError(f"{self.name} is {TYPES[self.type]}, got {value!r}")
        if self.allowed and value not in self.allowed:
            raise ValueError(f"{self.name}: {unknown('value', str(value), map(str, self.allowed))}")
        return value  # type: ignore[return-value] # its type was compared above

"""Checks of hyperparameters, given as keyword arguments: a ValueError says name, value and what is allowed."""

from __future__ import annotations

import math


def positive(**values: float) -> None:
    """ValueError for a value that is not finite and above 0."""
    for name, value in values.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{name} must be finite and above 0, got {value!r}")


def not_negative(**values: float) -> None:
    """ValueError for a value that is not finite and at least 0."""
    for name, value in values.items():
        if not 0 <= value < math.inf:
            raise ValueError(f"{name} must be finite and at least 0, got {value!r}")


def below_one(**values: float) -> None:
    """ValueError for a value outside [0, 1): a drop rate, a momentum, a β."""
    for name, value in values.items():
        if not 0 <= value < 1:
            raise ValueError(f"{name} must lie in [0, 1), got {value!r}")


def up_to_one(**values: float) -> None:
    """ValueError for a value outside [0, 1]: a share of the steps, a factor on the learning rate."""
    for name, value in values.items():
        if not 0 <= value <= 1:
            raise ValueError(f"{name} must lie in [0, 1], got {value!r}")

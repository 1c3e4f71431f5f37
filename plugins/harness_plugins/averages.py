"""Exact averages of the dropout schedules over progress in [0, 1), as functions of the same hyperparameters."""

from __future__ import annotations

import math

from harness_plugins import shapes
from harness_plugins.checks import fraction, positive, share


def constant(*, rate: float = 0.5) -> float:
    """The rate."""
    fraction(rate=rate)
    return rate


def between(*, start: float = 0.5, end: float = 0.0) -> float:
    """(start + end)/2: of linear and cosine, which pass both halves of the way alike."""
    fraction(start=start, end=end)
    return (start + end) / 2


def exponential(*, start: float = 0.5, end: float = 0.05) -> float:
    """(start − end)/ln(start/end)."""
    positive(start=start, end=end)
    fraction(start=start, end=end)
    return shapes.geometric_mean(start, end)


def step(*, start: float = 0.5, end: float = 0.0, jumps: int = 3) -> float:
    """(start + end)/2, whatever the number of jumps."""
    positive(jumps=jumps)
    return between(start=start, end=end)


def curriculum(*, rate: float = 0.5, gamma: float = 10.0) -> float:
    """rate·(1 − (1 − e^(−gamma))/gamma)."""
    fraction(rate=rate)
    positive(gamma=gamma)
    return rate * (1 + math.expm1(-gamma) / gamma)


def early(*, rate: float = 0.5, cutoff: float = 0.5) -> float:
    """rate·cutoff."""
    fraction(rate=rate)
    share(cutoff=cutoff)
    return rate * cutoff


def late(*, rate: float = 0.5, cutoff: float = 0.5) -> float:
    """rate·(1 − cutoff)."""
    fraction(rate=rate)
    share(cutoff=cutoff)
    return rate * (1 - cutoff)


def cyclic(*, low: float = 0.0, high: float = 0.5, cycles: int = 3) -> float:
    """(low + high)/2: the cycles are whole."""
    positive(cycles=cycles)
    return random(low=low, high=high)


def random(*, low: float = 0.0, high: float = 0.5) -> float:
    """(low + high)/2: of the rates that are expected, not of those that are drawn."""
    fraction(low=low, high=high)
    return (low + high) / 2

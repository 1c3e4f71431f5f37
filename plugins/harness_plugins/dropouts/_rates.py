"""What the schedules say alike of their rates: where to search them, and when a schedule is a constant."""

from __future__ import annotations

import harness
from harness_plugins.checks import below_one

RATE = harness.linear(0.0, 0.7)
"""Where a drop rate is searched."""
SMALLEST, LARGEST = 0.01, 0.95
"""Rates at which hardly a unit is dropped, and hardly one is left."""
ALL_RATES = (0.0, LARGEST)
"""Where a range of rates rightly ends: no dropout at all, and hardly a unit left."""


def constant_between(one: str, other: str, **limits: tuple[float, ...]) -> harness.Traits:
    """The traits of a schedule that moves between two rates, and is a constant where they are the same.

    ``one``, ``other``: the names of these rates. ``limits``: natural limits that differ from ``ALL_RATES``.
    """
    return harness.Traits(
        includes={"constant": harness.Inclusion(same={one: "rate", other: "rate"})},
        natural_limits={one: ALL_RATES, other: ALL_RATES, **limits},
    )


def constant_at(name: str, value: float, limits: tuple[float, ...]) -> harness.Traits:
    """The traits of a schedule that is a constant of its ``rate`` where the hyperparameter ``name`` has that value."""
    return harness.Traits(
        includes={"constant": harness.Inclusion(same={"rate": "rate"}, reach={name: value})},
        natural_limits={"rate": ALL_RATES, name: limits},
    )


def mean_of(**rates: float) -> float:
    """The mean of two rates, which is the average of every schedule that is symmetric between them."""
    below_one(**rates)
    return sum(rates.values()) / len(rates)

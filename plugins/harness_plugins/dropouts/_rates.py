"""Range, limits and traits shared by the dropout schedules."""

from __future__ import annotations

import harness
from harness_plugins.checks import below_one

RATE = harness.linear(0.0, 0.7)
"""The range of a drop rate."""
SMALLEST, LARGEST = 0.01, 0.95
"""The rate at which hardly a unit is dropped, and the rate at which hardly a unit is left."""
ALL_RATES = (0.0, LARGEST)
"""Natural limits of a drop rate: no dropout at all, and hardly a unit left."""


def constant_between(first: str, second: str, **limits: tuple[float, ...]) -> harness.Traits:
    """The traits of a schedule that moves between two rates, and is a constant if they are equal.

    ``first``, ``second``: the rates' names. ``limits``: natural limits that differ from ``ALL_RATES``.
    """
    return harness.Traits(
        includes={"constant": harness.Inclusion(same={first: "rate", second: "rate"})},
        natural_limits={first: ALL_RATES, second: ALL_RATES, **limits},
    )


def constant_at(name: str, value: float, limits: tuple[float, ...]) -> harness.Traits:
    """The traits of a schedule that is a constant of its ``rate`` if the hyperparameter ``name`` is ``value``."""
    return harness.Traits(
        includes={"constant": harness.Inclusion(same={"rate": "rate"}, reach={name: value})},
        natural_limits={"rate": ALL_RATES, name: limits},
    )


def mean_of(**rates: float) -> float:
    """The mean of two rates, which is the average of every schedule that is symmetric between them."""
    below_one(**rates)
    return sum(rates.values()) / len(rates)

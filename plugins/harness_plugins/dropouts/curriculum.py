"""Curriculum dropout: from none to the rate, fast at first."""

from __future__ import annotations

import math

import harness
from harness_plugins.checks import below_one, positive
from harness_plugins.dropouts._rates import RATE, constant_at


@harness.hookimpl
def register_dropout_schedules(register: harness.Register) -> None:
    register(
        "curriculum",
        curriculum,
        space={"rate": RATE, "gamma": harness.log(1.0, ABRUPT)},
        traits=constant_at("gamma", ABRUPT, limits=(ABRUPT,)),
        average=average,
    )


ABRUPT = 100.0
"""A gamma at which the schedule is constant but for the first steps: its mean is 1% below the rate."""


def curriculum(progress: float, *, rate: float = 0.5, gamma: float = 10.0) -> float:
    """Curriculum dropout, rate·(1 − e^(−gamma·progress)), from none to the rate: Morerio et al. 2017.

    Not for models that overfit from the first steps on, which have hardly any dropout.
    """
    below_one(rate=rate)
    positive(gamma=gamma)
    return rate * -math.expm1(-gamma * progress)


def average(*, rate: float = 0.5, gamma: float = 10.0) -> float:
    """rate·(1 − (1 − e^(−gamma))/gamma)."""
    below_one(rate=rate)
    positive(gamma=gamma)
    return rate * (1 + math.expm1(-gamma) / gamma)

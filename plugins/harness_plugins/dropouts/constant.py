"""The same rate at every step."""

from __future__ import annotations

import harness
from harness_plugins.checks import below_one
from harness_plugins.dropouts._rates import ALL_RATES, RATE


@harness.hookimpl
def register_dropout_schedules(register: harness.Register) -> None:
    register(
        "constant",
        constant,
        space={"rate": RATE},
        default=True,
        traits=harness.Traits(natural_limits={"rate": ALL_RATES}),
        average=average,
    )


def constant(progress: float, *, rate: float = 0.5) -> float:
    """The same rate at every step: Hinton et al. 2012.

    ``rate``: probability of zeroing a unit, in [0, 1); 0 switches dropout off. Not for models that underfit.
    """
    below_one(rate=rate)
    return rate


def average(*, rate: float = 0.5) -> float:
    """The rate."""
    below_one(rate=rate)
    return rate

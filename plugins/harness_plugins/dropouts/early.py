"""Early dropout: the rate, then none."""

from __future__ import annotations

import harness
from harness_plugins.checks import below_one, up_to_one
from harness_plugins.dropouts._rates import RATE, constant_at


@harness.hookimpl
def register_dropout_schedules(register: harness.Register) -> None:
    register(
        "early",
        early,
        space={"rate": RATE, "cutoff": harness.linear(0.05, 0.95)},
        traits=constant_at("cutoff", 1.0, limits=(0.0, 1.0)),
        average=average,
    )


def early(progress: float, *, rate: float = 0.5, cutoff: float = 0.5) -> float:
    """The rate until the cut-off, then 0: for models that underfit, Liu et al. 2023.

    ``cutoff``: share of the steps, in [0, 1]. Not for models that overfit: after the cut-off nothing holds them back.
    """
    below_one(rate=rate)
    up_to_one(cutoff=cutoff)
    return rate if progress < cutoff else 0.0


def average(*, rate: float = 0.5, cutoff: float = 0.5) -> float:
    """rate·cutoff."""
    below_one(rate=rate)
    up_to_one(cutoff=cutoff)
    return rate * cutoff

"""Late dropout: none, then the rate."""

from __future__ import annotations

import harness
from harness_plugins.checks import below_one, up_to_one
from harness_plugins.dropouts._rates import RATE, constant_at


@harness.hookimpl
def register_dropout_schedules(register: harness.Register) -> None:
    register(
        "late",
        late,
        space={"rate": RATE, "cutoff": harness.linear(0.05, 0.95)},
        traits=constant_at("cutoff", 0.0, limits=(0.0, 1.0)),
        average=average,
    )


def late(progress: float, *, rate: float = 0.5, cutoff: float = 0.5) -> float:
    """None until the cut-off, then the rate: for models that overfit, Liu et al. 2023.

    ``cutoff``: share of the steps, in [0, 1]. Not for models that underfit: dropout slows down the last steps.
    """
    below_one(rate=rate)
    up_to_one(cutoff=cutoff)
    return rate if progress >= cutoff else 0.0


def average(*, rate: float = 0.5, cutoff: float = 0.5) -> float:
    """rate·(1 − cutoff)."""
    below_one(rate=rate)
    up_to_one(cutoff=cutoff)
    return rate * (1 - cutoff)

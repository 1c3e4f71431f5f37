"""The warm-up that most schedules begin with, and what they say alike of it and of the factor that they end at."""

from __future__ import annotations

from collections.abc import Callable

import harness
from harness_plugins.checks import below_one
from harness_plugins.schedule_shapes import between

FIRST = 0.01
"""The factor that a warm-up starts from."""
END, WARMUP = {"end": harness.linear(0.0, 1.0)}, {"warmup": harness.linear(0.0, 0.3)}
END_LIMITS = {"end": (0.0, 1.0)}
WARMUP_LIMITS = {"warmup": (0.0,)}
"""Where a range rightly ends: at 0 and at a constant factor; at no warm-up."""


def imitating(*, constant: dict[str, float], linear: dict[str, float] | None = None) -> dict[str, harness.Inclusion]:
    """The schedules that one with a warm-up can be, each with the values of other hyperparameters that make it so."""
    includes = {"constant": harness.Inclusion(reach=constant | {"warmup": 0.0})}
    if linear:
        includes["linear"] = harness.Inclusion(same={"end": "end", "warmup": "warmup"}, reach=linear)
    return includes


def warmed(progress: float, warmup: float, shape: Callable[[float], float]) -> float:
    """The factor of a schedule that has a warm-up, and then ``shape(s)`` over the rest of the steps.

    ``warmup``: share of the steps, in [0, 1). s, in [0, 1), is the share of the other steps that has been taken.
    """
    below_one(warmup=warmup)
    if progress < warmup:
        return between(FIRST, 1.0, progress / warmup)
    return shape((progress - warmup) / (1 - warmup))

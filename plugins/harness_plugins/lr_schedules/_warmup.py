"""The warm-up of lr schedules; ranges, limits and traits of ``warmup`` and ``end`` that the schedules share."""

from __future__ import annotations

from collections.abc import Callable

import harness
from harness_plugins.checks import below_one
from harness_plugins.schedule_shapes import between

FIRST = 0.01
"""The factor at which a warm-up starts."""
END, WARMUP = {"end": harness.linear(0.0, 1.0)}, {"warmup": harness.linear(0.0, 0.3)}
END_LIMITS = {"end": (0.0, 1.0)}
WARMUP_LIMITS = {"warmup": (0.0,)}
"""Natural limits: ``end`` at 0 and at 1, a constant factor; ``warmup`` at 0, no warm-up."""


def imitating(*, constant: dict[str, float], linear: dict[str, float] | None = None) -> dict[str, harness.Inclusion]:
    """The schedules that a schedule with a warm-up includes. ``constant``, ``linear``: the values that make it such."""
    includes = {"constant": harness.Inclusion(reach=constant | {"warmup": 0.0})}
    if linear:
        includes["linear"] = harness.Inclusion(same={"end": "end", "warmup": "warmup"}, reach=linear)
    return includes


def warmed(progress: float, warmup: float, shape: Callable[[float], float]) -> float:
    """The factor of a schedule with a warm-up, and ``shape(s)`` after it.

    ``warmup``: share of the steps, in [0, 1). s, in [0, 1): share of the steps after the warm-up that has been taken.
    """
    below_one(warmup=warmup)
    if progress < warmup:
        return between(FIRST, 1.0, progress / warmup)
    return shape((progress - warmup) / (1 - warmup))

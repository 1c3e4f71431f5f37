"""The same factor over every equal share of the steps."""

from __future__ import annotations

import harness
from harness_plugins.checks import positive, up_to_one
from harness_plugins.lr_schedules._warmup import WARMUP, WARMUP_LIMITS, imitating, warmed
from harness_plugins.schedule_shapes import geometric


@harness.hookimpl
def register_lr_schedules(register: harness.Register) -> None:
    register(
        "exponential",
        exponential,
        space={"end": harness.log(1e-4, 1.0)} | WARMUP,
        traits=harness.Traits(
            includes=imitating(constant={"end": 1.0}), natural_limits={"end": (1.0,), **WARMUP_LIMITS}
        ),
    )


def exponential(progress: float, *, end: float = 0.01, warmup: float = 0.0) -> float:
    """From 1 to ``end`` by the same factor over every equal share of the steps, end^s: Senior et al. 2013.

    ``end`` lies in (0, 1]. Not for a decay to 0, which this never meets.
    """
    positive(end=end)
    up_to_one(end=end)
    return warmed(progress, warmup, lambda s: geometric(1.0, end, s))

"""A staircase down."""

from __future__ import annotations

import harness
from harness_plugins.checks import positive, up_to_one
from harness_plugins.lr_schedules._warmup import WARMUP, WARMUP_LIMITS, imitating, warmed
from harness_plugins.schedule_shapes import jumps_made


@harness.hookimpl
def register_lr_schedules(register: harness.Register) -> None:
    register(
        "step",
        step,
        space={"factor": harness.log(0.05, 1.0), "drops": harness.integers(1, 6)} | WARMUP,
        traits=harness.Traits(
            includes=imitating(constant={"factor": 1.0}),
            natural_limits={"factor": (1.0,), "drops": (1,), **WARMUP_LIMITS},
        ),
    )


def step(progress: float, *, factor: float = 0.1, drops: int = 2, warmup: float = 0.0) -> float:
    """Multiplied by ``factor`` at so many evenly spaced ``drops``: He et al. 2016.

    ``factor`` lies in (0, 1]. With two drops, 1, factor and factor² last a third each. Not for trainings of fewer steps
    than that has levels.
    """
    positive(factor=factor, drops=drops)
    up_to_one(factor=factor)
    return warmed(progress, warmup, lambda s: factor ** jumps_made(s, drops))

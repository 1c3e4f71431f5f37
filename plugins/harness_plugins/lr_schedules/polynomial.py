"""A power of the rest of the way."""

from __future__ import annotations

import harness
from harness_plugins.checks import positive, up_to_one
from harness_plugins.lr_schedules._warmup import END, END_LIMITS, WARMUP, WARMUP_LIMITS, imitating, warmed
from harness_plugins.schedule_shapes import between


@harness.hookimpl
def register_lr_schedules(register: harness.Register) -> None:
    register(
        "polynomial",
        polynomial,
        space={"power": harness.log(0.5, 4.0)} | END | WARMUP,
        traits=harness.Traits(
            includes=imitating(constant={"end": 1.0}, linear={"power": 1.0}),
            natural_limits={**END_LIMITS, **WARMUP_LIMITS},
        ),
    )


def polynomial(progress: float, *, power: float = 2.0, end: float = 0.0, warmup: float = 0.0) -> float:
    """A power of the rest of the way, end + (1 − end)·(1 − s)^power: Chen et al. 2018.

    Their power is 0.9; power 1 is ``linear``. Not for a high power and a small lr: most steps would hardly move.
    """
    positive(power=power)
    up_to_one(end=end)
    return warmed(progress, warmup, lambda s: between(end, 1.0, (1 - s) ** power))

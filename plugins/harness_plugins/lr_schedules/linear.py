"""A straight line down."""

from __future__ import annotations

import harness
from harness_plugins.checks import up_to_one
from harness_plugins.lr_schedules._warmup import END, END_LIMITS, WARMUP, WARMUP_LIMITS, imitating, warmed
from harness_plugins.schedule_shapes import between


@harness.hookimpl
def register_lr_schedules(register: harness.Register) -> None:
    register(
        "linear",
        linear,
        space=END | WARMUP,
        traits=harness.Traits(
            includes=imitating(constant={"end": 1.0}), natural_limits={**END_LIMITS, **WARMUP_LIMITS}
        ),
    )


def linear(progress: float, *, end: float = 0.0, warmup: float = 0.0) -> float:
    """A straight line from 1 to ``end``, 1 − (1 − end)·s: Defazio et al. 2023.

    Not for a training that is to go on afterwards: its last steps hardly move.
    """
    up_to_one(end=end)
    return warmed(progress, warmup, lambda s: between(1.0, end, s))

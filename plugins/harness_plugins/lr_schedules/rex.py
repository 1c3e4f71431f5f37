"""High for long, then steeply down."""

from __future__ import annotations

import harness
from harness_plugins.checks import up_to_one
from harness_plugins.lr_schedules._warmup import END, END_LIMITS, WARMUP, WARMUP_LIMITS, imitating, warmed
from harness_plugins.schedule_shapes import between


@harness.hookimpl
def register_lr_schedules(register: harness.Register) -> None:
    register(
        "rex",
        rex,
        space=END | WARMUP,
        traits=harness.Traits(
            includes=imitating(constant={"end": 1.0}), natural_limits={**END_LIMITS, **WARMUP_LIMITS}
        ),
    )


def rex(progress: float, *, end: float = 0.0, warmup: float = 0.0) -> float:
    """High for long and then steeply down to ``end``, end + (1 − end)·(1 − s)/(1 − s/2): Chen et al. 2021.

    Not for a training that is to go on afterwards: its last steps hardly move.
    """
    up_to_one(end=end)
    return warmed(progress, warmup, lambda s: between(end, 1.0, (1 - s) / (1 - s / 2)))

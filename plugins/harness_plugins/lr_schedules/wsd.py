"""Warm-up, stable, decay."""

from __future__ import annotations

import harness
from harness_plugins.checks import up_to_one
from harness_plugins.lr_schedules._warmup import END, END_LIMITS, WARMUP, WARMUP_LIMITS, imitating, warmed
from harness_plugins.schedule_shapes import between


@harness.hookimpl
def register_lr_schedules(register: harness.Register) -> None:
    register(
        "wsd",
        wsd,
        space={"decay": harness.linear(0.0, 1.0)} | END | WARMUP,
        traits=harness.Traits(
            includes=imitating(constant={"decay": 0.0}, linear={"decay": 1.0}),
            natural_limits={**END_LIMITS, **WARMUP_LIMITS, "decay": (0.0, 1.0)},
        ),
    )


def wsd(progress: float, *, decay: float = 0.2, end: float = 0.0, warmup: float = 0.0) -> float:
    """Warm-up, stable, decay: 1, and in the last steps a straight line to ``end``: Hu et al. 2024.

    ``decay``: share of the steps after the warm-up, in [0, 1]; a straight line over a fifth of them as in Hägele et al.
    2024. Not for judging a training before its decay, which is where it gains most.
    """
    up_to_one(decay=decay, end=end)
    return warmed(progress, warmup, lambda s: between(1.0, end, (s - (1 - decay)) / decay) if s > 1 - decay else 1.0)

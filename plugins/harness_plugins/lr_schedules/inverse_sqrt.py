"""The inverse square root of the steps taken."""

from __future__ import annotations

import math

import harness
from harness_plugins.checks import positive
from harness_plugins.lr_schedules._warmup import WARMUP, WARMUP_LIMITS, warmed


@harness.hookimpl
def register_lr_schedules(register: harness.Register) -> None:
    register(
        "inverse_sqrt",
        inverse_sqrt,
        space={"timescale": harness.log(1e-3, 1.0)} | WARMUP,
        traits=harness.Traits(natural_limits=WARMUP_LIMITS),
    )


def inverse_sqrt(progress: float, *, timescale: float = 0.1, warmup: float = 0.1) -> float:
    """The inverse square root of the steps taken, 1/√(1 + s/timescale): Vaswani et al. 2017.

    ``timescale``: share of the steps after the warm-up until the factor is 1/√2; at warmup/(1 − warmup) it is 1/√t from
    the first step on, as theirs. Not for coming to rest: at the end of training it still is 1/√(1 + 1/timescale).
    """
    positive(timescale=timescale)
    return warmed(progress, warmup, lambda s: 1 / math.sqrt(1 + s / timescale))

"""Up, down, and down again."""

from __future__ import annotations

import harness
from harness_plugins.checks import positive, up_to_one
from harness_plugins.schedule_shapes import between


@harness.hookimpl
def register_lr_schedules(register: harness.Register) -> None:
    register(
        "one_cycle",
        one_cycle,
        space={"warmup": harness.linear(SHORT, 0.5), "start": harness.log(0.01, 1.0), "end": harness.linear(0.0, 0.1)},
        traits=harness.Traits(
            includes={"constant": harness.Inclusion(reach={"start": 1.0, "end": 1.0})},
            natural_limits={"warmup": (SHORT, 0.5), "start": (1.0,), "end": (0.0, 1.0)},
        ),
    )


SHORT = 0.1
"""A shorter rise than this makes a warm-up, not a cycle."""


def one_cycle(progress: float, *, warmup: float = 0.4, start: float = 0.1, end: float = 0.0) -> float:
    """Up from ``start`` to 1 and back over as many steps, then down to ``end``, all in straight lines: Smith 2018.

    ``warmup``: share of the steps of the rise, in (0, 0.5]; at 0.5 nothing is left for the ``end``. lr is the peak. Not
    for the whole of his policy, which also moves the momentum, the other way.
    """
    if not 0 < warmup <= 0.5:
        raise ValueError(f"warmup must lie in (0, 0.5], got {warmup!r}")
    positive(start=start)
    up_to_one(start=start, end=end)
    if progress < 2 * warmup:
        return between(1.0, start, abs(progress / warmup - 1))
    return between(start, end, (progress - 2 * warmup) / (1 - 2 * warmup))

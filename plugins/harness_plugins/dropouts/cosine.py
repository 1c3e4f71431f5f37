"""Half a cosine from one rate to another."""

from __future__ import annotations

import harness
from harness_plugins import schedule_shapes
from harness_plugins.checks import below_one
from harness_plugins.dropouts._rates import RATE, constant_between, mean_of


@harness.hookimpl
def register_dropout_schedules(register: harness.Register) -> None:
    register(
        "cosine", cosine, space={"start": RATE, "end": RATE}, traits=constant_between("start", "end"), average=average
    )


def cosine(progress: float, *, start: float = 0.5, end: float = 0.0) -> float:
    """Half a cosine, end + (start − end)·(1 + cos(π·progress))/2: the shape of Loshchilov & Hutter 2017.

    Not for models that overfit late, unless it ends high: it stays near its end for long.
    """
    below_one(start=start, end=end)
    return schedule_shapes.between(start, end, schedule_shapes.half_cosine(progress))


def average(*, start: float = 0.5, end: float = 0.0) -> float:
    """(start + end)/2: both halves of the way are passed alike."""
    return mean_of(start=start, end=end)

"""A geometric course from one rate to another."""

from __future__ import annotations

import harness
from harness_plugins import schedule_shapes
from harness_plugins.checks import below_one, positive
from harness_plugins.dropouts._rates import LARGEST, SMALLEST, constant_between


@harness.hookimpl
def register_dropout_schedules(register: harness.Register) -> None:
    rate = harness.log(SMALLEST, 0.7)
    register(
        "exponential",
        exponential,
        space={"start": rate, "end": rate},
        traits=constant_between("start", "end", start=(SMALLEST, LARGEST), end=(LARGEST,)),
        average=average,
    )


def exponential(progress: float, *, start: float = 0.5, end: float = 0.05) -> float:
    """A geometric course, start·(end/start)^progress: the same factor over every equal share of the steps.

    Both rates lie in (0, 1). Not for ending without dropout: a geometric course never meets 0.
    """
    positive(start=start, end=end)
    below_one(start=start, end=end)
    return schedule_shapes.geometric(start, end, progress)


def average(*, start: float = 0.5, end: float = 0.05) -> float:
    """(start − end)/ln(start/end)."""
    positive(start=start, end=end)
    below_one(start=start, end=end)
    return schedule_shapes.geometric_mean(start, end)

"""A straight line from one rate to another."""

from __future__ import annotations

import harness
from harness_plugins import schedule_shapes
from harness_plugins.checks import below_one
from harness_plugins.dropouts._rates import RATE, constant_between, mean_of


@harness.hookimpl
def register_dropout_schedules(register: harness.Register) -> None:
    register(
        "linear", linear, space={"start": RATE, "end": RATE}, traits=constant_between("start", "end"), average=average
    )


def linear(progress: float, *, start: float = 0.5, end: float = 0.0) -> float:
    """A straight line, start + (end − start)·progress; annealed dropout if it ends at 0: Rennie et al. 2014.

    Not for a comparison with a constant of its start: that differs in how much it drops as well.
    """
    below_one(start=start, end=end)
    return schedule_shapes.between(start, end, progress)


def average(*, start: float = 0.5, end: float = 0.0) -> float:
    """(start + end)/2: both halves of the way are passed alike."""
    return mean_of(start=start, end=end)

"""A staircase from one rate to another."""

from __future__ import annotations

import harness
from harness_plugins import schedule_shapes
from harness_plugins.checks import below_one, positive
from harness_plugins.dropouts._rates import RATE, constant_between, mean_of


@harness.hookimpl
def register_dropout_schedules(register: harness.Register) -> None:
    register(
        "step",
        step,
        space={"start": RATE, "end": RATE, "jumps": harness.integers(1, 8)},
        traits=constant_between("start", "end", jumps=(1,)),
        average=average,
    )


def step(progress: float, *, start: float = 0.5, end: float = 0.0, jumps: int = 3) -> float:
    """A staircase of equal steps from the start to the end, its ``jumps`` evenly spaced over training.

    With one jump it is the start for the first half and the end for the second. Not for trainings of fewer steps than
    the staircase has.
    """
    below_one(start=start, end=end)
    positive(jumps=jumps)
    return schedule_shapes.between(start, end, schedule_shapes.jumps_made(progress, jumps) / jumps)


def average(*, start: float = 0.5, end: float = 0.0, jumps: int = 3) -> float:
    """(start + end)/2, whatever the number of jumps."""
    positive(jumps=jumps)
    return mean_of(start=start, end=end)

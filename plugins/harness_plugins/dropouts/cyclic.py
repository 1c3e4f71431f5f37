"""Triangles between two rates."""

from __future__ import annotations

import harness
from harness_plugins import schedule_shapes
from harness_plugins.checks import below_one, positive
from harness_plugins.dropouts._rates import RATE, constant_between, mean_of


@harness.hookimpl
def register_dropout_schedules(register: harness.Register) -> None:
    register(
        "cyclic",
        cyclic,
        space={"low": RATE, "high": RATE, "cycles": harness.integers(1, 20, log=True)},
        traits=constant_between("low", "high", cycles=(1,)),
        average=average,
    )


def cyclic(progress: float, *, low: float = 0.0, high: float = 0.5, cycles: int = 3) -> float:
    """Triangles from low to high and back, ``cycles`` times over training: the shape of Smith 2017.

    A low above the high turns them upside down. Not for trainings of only a few steps a cycle, which miss its ends.
    """
    below_one(low=low, high=high)
    positive(cycles=cycles)
    return schedule_shapes.between(low, high, schedule_shapes.triangle(progress, cycles))


def average(*, low: float = 0.0, high: float = 0.5, cycles: int = 3) -> float:
    """(low + high)/2: the cycles are whole."""
    positive(cycles=cycles)
    return mean_of(low=low, high=high)

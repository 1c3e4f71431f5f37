"""A rate drawn anew at each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import harness
from harness_plugins import schedule_shapes
from harness_plugins.checks import below_one
from harness_plugins.dropouts._rates import RATE, constant_between, mean_of

if TYPE_CHECKING:
    import torch


@harness.hookimpl
def register_dropout_schedules(register: harness.Register) -> None:
    register(
        "random", random, space={"low": RATE, "high": RATE}, traits=constant_between("low", "high"), average=average
    )


def random(progress: float, *, generator: torch.Generator, low: float = 0.0, high: float = 0.5) -> float:
    """A rate drawn anew at each step, uniformly between low and high: Bouthillier et al. 2015.

    Either may be the larger. Not for the effect of one rate: all of them occur all the time.
    """
    import torch  # by now it is there: whoever lists schedules, or draws another, does not wait for it

    below_one(low=low, high=high)
    drawn = torch.rand((), generator=generator, device=generator.device, dtype=torch.float64).item()
    return schedule_shapes.between(low, high, drawn)


def average(*, low: float = 0.0, high: float = 0.5) -> float:
    """(low + high)/2: of the rates that are expected, not of those that are drawn."""
    return mean_of(low=low, high=high)

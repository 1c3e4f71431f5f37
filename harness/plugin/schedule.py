"""A schedule's values over training, and their mean."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean
from typing import Any

from harness.plugin.component import Component
from harness.plugin.ranges import Value


def mean_over_training(schedule: Component, values: Mapping[str, Value]) -> float:
    """The mean of a schedule over training: as the schedule declares it, else over a thousand evenly spaced steps."""
    if schedule.average is not None:
        return float(schedule.average(**values))
    return fmean(course(schedule, values, 1000, where=0.5))


def course(schedule: Component, values: Mapping[str, Value], points: int, where: float = 0.0) -> list[float]:
    """A schedule's values, one in each of ``points`` equal shares of training.

    ``where``: the place in each share, from 0 (its begin) to 1 (its end). A schedule that draws gets a generator of
    seed 0.
    """
    given: dict[str, Any] = {}
    if "generator" in schedule.takes:
        import torch

        given["generator"] = torch.Generator().manual_seed(0)
    return [float(schedule.build((number + where) / points, **given, **values)) for number in range(points)]

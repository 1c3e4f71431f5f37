"""The course of a schedule over training: its values, and their mean."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean
from typing import Any

from harness.plugin.component import Component
from harness.plugin.ranges import Value


def mean_over_training(schedule: Component, values: Mapping[str, Value]) -> float:
    """The mean of a schedule of progress: as it declares it, else of a thousand evenly spaced steps."""
    if schedule.average is not None:
        return float(schedule.average(**values))
    return fmean(course(schedule, values, 1000, where=0.5))


def course(schedule: Component, values: Mapping[str, Value], points: int, where: float = 0.0) -> list[float]:
    """A schedule's values in each of ``points`` equal shares of training; ``where`` in it, from 0 to 1."""
    given: dict[str, Any] = {}
    if "generator" in schedule.takes:
        import torch

        given["generator"] = torch.Generator().manual_seed(0)
    return [float(schedule.build((each + where) / points, **given, **values)) for each in range(points)]

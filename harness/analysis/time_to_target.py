"""How soon an arm gets to where the baseline's defaults end."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import pandas as pd

from harness.analysis._frame import to_frame
from harness.metric import DEV_ACCURACY, Metric
from harness.records.record import Record
from harness.records.results import Results


@dataclass(frozen=True, kw_only=True)
class Target:
    """A score to be reached or passed: ``value`` of ``metric``; nan while the baseline's defaults are not confirmed."""

    metric: Metric
    value: float

    def first_step(self, run: Record) -> int | None:
        """The step of the first evaluation point at which a run has reached the target; None where it never does.

        A run that failed never does.
        """
        name, sign = self.metric.name, self.metric.sign
        there = (int(point["step"]) for point in run.curve if name in point and sign * point[name] >= sign * self.value)
        return None if run.reason else next(there, None)


def find_target(results: Results) -> Target:
    """The study's target: the median score of the baseline's defaults at the last step, a failed run being the worst.

    It is in the study's metric where that was measured at every evaluation point, else in dev accuracy.
    """
    defaults = list(results.confirmed(results.baseline, 0).values())
    runs = [*defaults, *(run for arm in results.arms for run in results.confirmed(arm).values())]
    throughout = all(results.metric.name in point for run in runs if not run.reason for point in run.curve)
    metric = results.metric if throughout else DEV_ACCURACY
    worst = -metric.sign * math.inf
    finals = [worst if run.reason else run.curve[-1].get(metric.name, worst) for run in defaults]
    value = median(finals) if finals else math.nan
    return Target(metric=metric, value=value if math.isfinite(value) else math.nan)


def time_to_target(results: Results) -> pd.DataFrame:
    """The table ``time_to_target``: how many of an arm's confirmation runs reached the target, and at which step."""
    return _table(results, "steps", lambda run, step: step)


def time_to_target_seconds(results: Results) -> pd.DataFrame:
    """The same in seconds of training, by the step's share of the run's; they differ from one machine to another."""
    return _table(
        results, "seconds", lambda run, step: run.seconds.get("training", math.nan) * step / run.steps
    )  # fmt: skip


def median_and_range(times: Iterable[float | None]) -> tuple[float | None, float | None, float | None]:
    """The median of all times, where None stands for a run that never got there; least and greatest of those that did.

    Such a run comes after all others. Where the median falls to one, it is None: it lies beyond the end of training.
    """
    known: list[float] = []
    censored = 0
    for time in times:
        if time is None:
            censored += 1
        else:
            known.append(time)
    if not known:
        return None, None, None
    middle = median([*known, *[math.inf] * censored])
    return middle if math.isfinite(middle) else None, min(known), max(known)


def _table(results: Results, unit: str, measure: Callable[[Record, int], float]) -> pd.DataFrame:
    target = find_target(results)
    rows: list[dict[str, Any]] = []
    for arm, steps in _arrivals(results, target):
        reached = sum(step is not None for _, step in steps) if math.isfinite(target.value) else None
        times = [None if step is None else measure(run, step) for run, step in steps]
        middle, low, high = median_and_range(times)
        rows.append(
            {
                "arm": arm,
                "target": target.value,
                "metric": target.metric.name,
                "n": len(steps),
                "reached": reached,
                "censored": None if reached is None else len(steps) - reached,
                f"{unit}_median": middle,
                f"{unit}_low": low,
                f"{unit}_high": high,
            }
        )
    return to_frame(rows)


def _arrivals(results: Results, target: Target) -> Iterator[tuple[str, Sequence[tuple[Record, int | None]]]]:
    for arm in results.arms:
        yield arm, [(run, target.first_step(run)) for run in results.confirmed(arm).values()]

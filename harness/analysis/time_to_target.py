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
    """``value``: of ``metric``, to be reached or passed; nan where the baseline's defaults were not confirmed."""

    metric: Metric
    value: float

    def first_step(self, run: Record) -> int | None:
        """The first evaluation point at which a run is there; None is censored. A run that failed never is."""
        name, sign = self.metric.name, self.metric.sign
        there = (int(point["step"]) for point in run.curve if name in point and sign * point[name] >= sign * self.value)
        return None if run.reason else next(there, None)


def find_target(results: Results) -> Target:
    """The median of what the baseline's defaults reach at the last step, a failed run being worse than any.

    In the study's metric where every evaluation point has it, else in dev accuracy.
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
    """One row an arm: at how many of its confirmation runs the target was reached, and after how many steps."""
    return _table(results, "steps", lambda run, step: step)


def time_to_target_seconds(results: Results) -> pd.DataFrame:
    """The same in seconds of training: the step's share of the run's. Two equal studies do not share it."""
    return _table(
        results, "seconds", lambda run, step: run.seconds.get("training", math.nan) * step / run.steps
    )  # fmt: skip


def median_and_range(times: Iterable[float | None]) -> tuple[float | None, float | None, float | None]:
    """Median over all runs, the censored (None) later than any; least and greatest of those that got there.

    A median that falls to a censored run is None: it is known only to be later than the end.
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

"""How soon an arm reaches the score at which the baseline's defaults end."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import pandas as pd

from harness.analysis._frame import to_frame
from harness.metric import DEV_ACCURACY, Metric
from harness.records.record import Record, common_clock
from harness.records.results import Results


@dataclass(frozen=True, kw_only=True)
class Target:
    """A score to reach. ``value``: in units of ``metric``; nan while the baseline's defaults are not confirmed."""

    metric: Metric
    value: float

    def first_step(self, run: Record) -> int | None:
        """The step of the first evaluation point at which a run has reached the target; None if it never has.

        A failed run never reaches the target.
        """
        name, sign = self.metric.name, self.metric.sign
        there = (int(point["step"]) for point in run.curve if name in point and sign * point[name] >= sign * self.value)
        return None if run.reason else next(there, None)


def find_target(results: Results) -> Target:
    """The study's target: the median score of the baseline's defaults at the last step; a failed run scores worst.

    The target is in the study's metric if every evaluation point measured that, else in dev accuracy.
    """
    defaults = list(results.confirmed_defaults(results.baseline).values())
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
    """The table ``time_to_target_seconds``: seconds of training instead of steps; these differ between machines.

    ``clock``: what they are of, in all rows: processor time if every confirmation run has it, else wall time.
    """
    clock = common_clock(run for arm in results.arms for run in results.confirmed(arm).values())
    table = _table(
        results, "seconds", lambda run, step: run.by_clock(clock).get("training", math.nan) * step / run.steps
    )  # fmt: skip
    return table.assign(clock=clock)


def median_and_range(times: Iterable[float | None]) -> tuple[float | None, float | None, float | None]:
    """(median, least, greatest) of the times at which runs reached the target; None: a run that never reached it.

    For the median, such a run comes after all others; the median is None if it falls on such a run. Least and greatest
    are over the runs that reached the target.
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

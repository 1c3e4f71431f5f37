"""Records → DataFrames. The same records give the same bytes, whatever the order in which they came."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from statistics import fmean

import pandas as pd

from harness.advice import warnings_table
from harness.folder import ResultFolder, write_text
from harness.frame import measures, searched, to_frame, who
from harness.interactions import interactions
from harness.ranking import arms, comparisons
from harness.results import Results
from harness.selection import search_records
from harness.stopwatch import ACTIVITIES
from harness.targets import time_to_target, time_to_target_seconds
from harness.tuning import sensitivity, tuning_curve
from harness.unsealed import unsealed


def trials(results: Results) -> pd.DataFrame:
    """One row a trial of the search; ``tuning_mean`` is over all of its tuning seed indices."""
    rows = []
    names = searched(results)
    for arm in results.arms:
        winner = results.chosen(arm)
        for record in search_records(results.records, arm):
            values = record.configured().hyperparameters()
            tuning = results.tuning[arm, record.trial]
            ok = [each.metric(results.metric) for each in tuning if not each.reason]
            rows.append(
                {
                    "arm": arm,
                    "trial": record.trial,
                    "metric": results.metric,
                    "score": record.metric(results.metric),
                    "tuning_mean": fmean(ok) if ok else math.nan,
                    "tuning_ok": len(ok),
                    "tuning_n": len(tuning),
                    "chosen": bool(winner and winner.trial == record.trial),
                    **{name: values.get(name) for name in names},
                    "reason": record.reason,
                    "fingerprint": record.fingerprint,
                }
            )
    return to_frame(rows)


def runs(results: Results) -> pd.DataFrame:
    """One row a run, with its metrics at the last step."""
    names = measures(results.ordered)
    rows = [
        {
            **who(record),
            **{name: math.nan if record.reason else record.curve[-1].get(name) for name in names},
            "steps": record.steps,
            "passes": record.passes,
            "reason": record.reason,
            "fingerprint": record.fingerprint,
        }
        for record in results.ordered
    ]
    return to_frame(rows)


def curves(results: Results) -> pd.DataFrame:
    """One row an evaluation point of a run."""
    names = measures(results.ordered)
    return to_frame(
        [
            {**who(record), "step": int(point["step"]), **{name: point.get(name) for name in names}}
            for record in results.ordered
            for point in record.curve
        ]
    )


def timing(results: Results) -> pd.DataFrame:
    """One row a run, then one a call: seconds by activity."""
    drivers = dict.fromkeys([*(f"{name}_seconds" for name in (*ACTIVITIES, "wall")), "jobs"])
    of_runs = [
        {**who(record), **_seconds(record.seconds), "path": record.path, "environment": record.environment, **drivers}
        for record in results.ordered
    ]
    of_calls = [
        {"phase": "driver", "arm": "", "trial": None, "seed_index": None, "path": "", "environment": call.environment,
         **drivers, **_seconds(call.seconds), "jobs": call.jobs}
        for call in results.calls
    ]  # fmt: skip
    return to_frame(of_runs + of_calls)


TABLES: Mapping[str, Callable[[Results], pd.DataFrame]] = {
    "arms": arms,
    "comparisons": comparisons,
    "trials": trials,
    "tuning_curve": tuning_curve,
    "sensitivity": sensitivity,
    "interactions": interactions,
    "time_to_target": time_to_target,
    "warnings": warnings_table,
    "test": unsealed,
    "runs": runs,
    "curves": curves,
    "timing": timing,
    "time_to_target_seconds": time_to_target_seconds,
}
TIMED = ("timing", "time_to_target_seconds")
"""Tables that hold seconds, which two equal studies do not share; the others are the same to the byte."""


def write_tables(folder: ResultFolder, results: Results, names: Iterable[str] = tuple(TABLES)) -> None:
    """Tables as CSV; one that stands there already is left alone."""
    for name in names:
        write_text(folder.tables / f"{name}.csv", TABLES[name](results).to_csv(index=False, lineterminator="\n"))


def _seconds(by_activity: Mapping[str, float]) -> dict[str, float]:
    return {f"{name}_seconds": value for name, value in by_activity.items()}

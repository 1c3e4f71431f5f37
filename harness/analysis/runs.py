"""The tables of single runs: ``runs``, ``curves`` and ``timing``."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from harness.analysis._frame import measures, to_frame, who
from harness.records.record import ACTIVITIES
from harness.records.results import Results


def runs(results: Results) -> pd.DataFrame:
    """The table ``runs``: one row for each run, with its metrics at the last step."""
    names = measures(results.ordered)
    rows = [
        {
            **who(record, results.study.search),
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
    """The table ``curves``: one row for each evaluation point of each run."""
    names = measures(results.ordered)
    return to_frame(
        [
            {
                **who(record, results.study.search),
                "step": int(point["step"]),
                **{name: point.get(name) for name in names},
            }
            for record in results.ordered
            for point in record.curve
        ]
    )


def timing(results: Results) -> pd.DataFrame:
    """The table ``timing``: seconds by activity, one row for each run and then one for each call of ``harness run``.

    Of a run both wall time and, where a run of the folder has it, processor time.
    """
    drivers = dict.fromkeys([*(f"{name}_seconds" for name in (*ACTIVITIES, "wall")), "jobs"])
    search = results.study.search
    known = {name: 0.0 for record in results.ordered for name in record.processor_seconds}
    processor = _seconds(known, "processor_seconds")
    of_runs = [
        {**who(record, search), **_seconds(record.seconds), **dict.fromkeys(processor),
         **_seconds(record.processor_seconds, "processor_seconds"), "path": record.path,
         "environment": record.environment, **drivers}
        for record in results.ordered
    ]  # fmt: skip
    nobody = dict.fromkeys(name for row in of_runs[:1] for name in row)
    of_calls = [
        {**nobody, "phase": "driver", "arm": "", "path": "", "environment": call.environment, **drivers,
         **_seconds(call.seconds), "jobs": call.jobs}
        for call in results.calls
    ]  # fmt: skip
    return to_frame(of_runs + of_calls)


def _seconds(by_activity: Mapping[str, float], unit: str = "seconds") -> dict[str, float]:
    return {f"{name}_{unit}": value for name, value in by_activity.items()}

"""Records → DataFrames. The same records give the same bytes, whatever the order in which they came."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import pandas as pd

from harness.analysis.advice.advise import warnings_table
from harness.analysis.arms import arms, comparisons
from harness.analysis.interactions import interactions
from harness.analysis.runs import curves, runs, timing
from harness.analysis.test_split import unsealed
from harness.analysis.time_to_target import time_to_target, time_to_target_seconds
from harness.analysis.trials import sensitivity, trials, tuning_curve
from harness.records.folder import ResultFolder, write_text
from harness.records.results import Results

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

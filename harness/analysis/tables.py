"""Every table by name: results → a DataFrame. The same records, in any order, give the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import pandas as pd

from harness.analysis.advice.advise import warnings_table
from harness.analysis.arms import arms, comparisons
from harness.analysis.interactions import interactions
from harness.analysis.pareto import pareto
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
    "pareto": pareto,
    "interactions": interactions,
    "time_to_target": time_to_target,
    "warnings": warnings_table,
    "test": unsealed,
    "runs": runs,
    "curves": curves,
    "timing": timing,
    "time_to_target_seconds": time_to_target_seconds,
}


TIMED = ("timing", "time_to_target_seconds", "pareto")
"""Tables that hold seconds, and so differ between two runs of a study; all others are the same to the byte.

``pareto`` does only where seconds are an objective; a sampler that learns then proposes other trials too.
"""


class Tables(Mapping[str, pd.DataFrame]):
    """The tables of a study by name, each computed once, at the first access."""

    def __init__(self, results: Results, made: Mapping[str, pd.DataFrame] | None = None) -> None:
        self._results = results
        self.made = dict(made or {})

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self.made:
            self.made[name] = TABLES[name](self._results)
        return self.made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(TABLES)

    def __len__(self) -> int:
        return len(TABLES)


def write_tables(
    folder: ResultFolder, tables: Mapping[str, pd.DataFrame], names: Iterable[str] = tuple(TABLES)
) -> None:
    """Write tables as CSV; a file that would not change is left alone."""
    folder.check_places()
    for name in names:
        write_text(folder.tables / f"{name}.csv", tables[name].to_csv(index=False, lineterminator="\n"))

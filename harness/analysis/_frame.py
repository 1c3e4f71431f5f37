"""Rows → a DataFrame, and the columns that several tables share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from harness.records.record import Record
from harness.records.results import Results
from harness.study.study import SearchSettings


def to_frame(rows: list[dict[str, Any]], columns: Iterable[str] = ()) -> pd.DataFrame:
    """A table with a row for each mapping. ``columns``: the column names of a table without rows."""
    frame = pd.DataFrame(rows, columns=None if rows else list(columns))
    for name in map(str, frame.columns):
        values = [row.get(name) for row in rows]
        if None in values and {type(value) for value in values} == {int, type(None)}:
            frame[name] = pd.array(values, dtype="Int64")  # a missing integer must not turn the others into floats
    return frame


def which_trial(record: Record, search: SearchSettings) -> dict[str, int]:
    """The columns that identify a trial of an arm: ``repeat`` and ``round`` only in a study that may have several."""
    repeat = {"repeat": record.repeat} if search.repeats > 1 else {}
    round_ = {"round": record.round} if search.widen else {}
    return {**repeat, **round_, "trial": record.trial}


def who(record: Record, search: SearchSettings) -> dict[str, Any]:
    """The columns that identify a run. ``search``: the settings of its study."""
    identity = which_trial(record, search)
    return {"phase": record.phase, "arm": record.arm, **identity, "seed_index": record.seed_index}


def measures(records: Iterable[Record]) -> list[str]:
    """The names of all numbers that the runs measured, in the order of their first appearance."""
    return list(dict.fromkeys(name for record in records for point in record.curve for name in point if name != "step"))


def searched(results: Results) -> list[str]:
    """The full names of the choices and hyperparameters that an arm of the study compares or searches."""
    named = (name for arm in results.study.arms.values() for name in (*arm.settings, *arm.space))
    return list(dict.fromkeys(named))

"""The table ``pareto``: which trials of the search no other trial beats in all objectives."""

from __future__ import annotations

import pandas as pd

from harness.analysis._frame import to_frame, which_trial
from harness.metric import SECONDS
from harness.records.record import Clock, common_clock
from harness.records.results import Results
from harness.records.selection import finished, search_records
from harness.statistics.pareto import front


def pareto(results: Results) -> pd.DataFrame:
    """The table ``pareto``: one row for each finished trial of a search with further objectives; else no row.

    ``front``: whether no trial of any arm dominates it, at the search's own seed; ``front_of_arm``: none of its arm.
    ``clock``, where seconds are an objective: what they are of, in all rows.
    """
    metrics = (results.metric, *results.study.objectives)
    clock = search_clock(results)
    timed = {"clock": clock} if SECONDS in metrics else {}
    rows = []
    costs: list[list[float]] = []
    for arm in results.arms if results.study.objectives else ():
        trials = finished(search_records(results.records, arm))
        scores = [{metric.name: trial.score(metric, clock) for metric in metrics} for trial in trials]
        of_arm = [[metric.cost(score[metric.name]) for metric in metrics] for score in scores]
        for trial, score, is_best in zip(trials, scores, front(of_arm), strict=True):
            rows.append(
                {"arm": arm, **which_trial(trial, results.study.search), **score, **timed, "front_of_arm": is_best}
            )
        costs += of_arm
    rows = [{**row, "front": is_best} for row, is_best in zip(rows, front(costs), strict=True)]
    return to_frame(rows, ("arm", "trial", *(metric.name for metric in metrics), *timed, "front_of_arm", "front"))


def search_clock(results: Results) -> Clock:
    """What the seconds of the search's trials are of, all of them."""
    return common_clock(record for record in results.records.values() if record.phase == "search")

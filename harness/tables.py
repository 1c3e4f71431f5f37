"""Records → DataFrames. The same records give the same bytes, whatever the order in which they came."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import Any

import pandas as pd

from harness.call import Call
from harness.folder import ResultFolder, write_text
from harness.record import Key, Record
from harness.selection import chosen, search_records
from harness.statistics import estimate, paired_difference
from harness.stopwatch import ACTIVITIES

PHASES = ("search", "select", "confirm")


@dataclass(frozen=True)
class Results:
    """The resolved study (study.json), its records, and the calls that made them."""

    study: Mapping[str, Any]
    records: Mapping[Key, Record]
    calls: Sequence[Call] = ()

    @classmethod
    def of(cls, folder: ResultFolder) -> Results:
        """What a result folder holds."""
        return cls(folder.existing_study(), folder.records(), folder.calls())

    @property
    def metric(self) -> str:
        """The study's metric."""
        return str(self.study["metric"])

    @property
    def arms(self) -> list[str]:
        """Names of the arms, in the study's order."""
        return list(self.study["arms"])

    @cached_property
    def ordered(self) -> list[Record]:
        """By phase, arm (in the study's order), trial and seed index."""
        arms = {name: number for number, name in enumerate(self.arms)}
        return sorted(
            (record for record in self.records.values() if record.arm in arms),
            key=lambda each: (PHASES.index(each.phase), arms[each.arm], each.trial, each.seed_index),
        )

    @cached_property
    def tuning(self) -> dict[tuple[str, int], list[Record]]:
        """The search's and select's runs of a trial, by arm and trial."""
        found = defaultdict(list)
        for record in self.ordered:
            if record.phase != "confirm":
                found[record.arm, record.trial].append(record)
        return found

    def chosen(self, arm: str) -> Record | None:
        """The search record of the arm's chosen trial; None if its search failed or has not begun."""
        select = self.study["select"]["trials"]
        return chosen(self.records, arm, self.metric, self.study["direction"], select)

    def confirmed(self, arm: str) -> dict[int, Record]:
        """The confirmation runs of the arm's chosen trial, by seed index."""
        winner = self.chosen(arm)
        return {
            each.seed_index: each
            for each in self.ordered
            if winner and (each.phase, each.arm, each.trial) == ("confirm", arm, winner.trial)
        }

    def scores(self, arm: str) -> dict[int, float]:
        """The metric by seed index; a failed run scores the worst value of all confirmation runs."""
        return {
            seed: self.worst if each.reason else each.metric(self.metric) for seed, each in self.confirmed(arm).items()
        }

    @cached_property
    def worst(self) -> float:
        """The worst value among the confirmation runs of all arms; nan if none finished."""
        values = [
            each.metric(self.metric) for arm in self.arms for each in self.confirmed(arm).values() if not each.reason
        ]
        return (min if self.study["direction"] == "maximise" else max)(values, default=math.nan)


def arms(results: Results) -> pd.DataFrame:
    """One row an arm: the confirmed mean with its 95% t interval, and the paired difference to the baseline."""
    baseline = results.scores(results.study["baseline"])
    rows = []
    for arm in results.arms:
        scores, winner = results.scores(arm), results.chosen(arm)
        whole = estimate(list(scores.values()))
        shared = sorted(scores.keys() & baseline.keys()) if arm != results.study["baseline"] else []
        difference = paired_difference([scores[seed] for seed in shared], [baseline[seed] for seed in shared])
        values = winner.configured().hyperparameters() if winner else {}
        rows.append(
            {
                "arm": arm,
                "metric": results.metric,
                "ok": sum(not each.reason for each in results.confirmed(arm).values()),
                "n": whole.n,
                "mean": whole.mean,
                "mean_low": whole.low,
                "mean_high": whole.high,
                "sd": whole.sd,
                "difference": difference.mean,
                "difference_low": difference.low,
                "difference_high": difference.high,
                **{name: values.get(name) for name in _searched(results)},
                "trial": winner.trial if winner else None,
                "trials": len(search_records(results.records, arm)),
                "steps": winner.steps if winner else None,
                "fingerprint": winner.fingerprint if winner else None,
            }
        )
    return _frame(rows)


def trials(results: Results) -> pd.DataFrame:
    """One row a trial of the search; ``tuning_mean`` is over all of its tuning seed indices."""
    rows = []
    searched = _searched(results)
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
                    **{name: values.get(name) for name in searched},
                    "reason": record.reason,
                    "fingerprint": record.fingerprint,
                }
            )
    return _frame(rows)


def runs(results: Results) -> pd.DataFrame:
    """One row a run, with its metrics at the last step."""
    names = _measures(results.ordered)
    rows = [
        {
            **_who(record),
            **{name: math.nan if record.reason else record.curve[-1].get(name) for name in names},
            "steps": record.steps,
            "passes": record.passes,
            "reason": record.reason,
            "fingerprint": record.fingerprint,
        }
        for record in results.ordered
    ]
    return _frame(rows)


def curves(results: Results) -> pd.DataFrame:
    """One row an evaluation point of a run."""
    names = _measures(results.ordered)
    return _frame(
        [
            {**_who(record), "step": int(point["step"]), **{name: point.get(name) for name in names}}
            for record in results.ordered
            for point in record.curve
        ]
    )


def timing(results: Results) -> pd.DataFrame:
    """One row a run, then one a call: seconds by activity. The one table that two equal studies do not share."""
    drivers = dict.fromkeys([*(f"{name}_seconds" for name in (*ACTIVITIES, "wall")), "jobs"])
    of_runs = [
        {**_who(record), **_seconds(record.seconds), "path": record.path, "environment": record.environment, **drivers}
        for record in results.ordered
    ]
    of_calls = [
        {"phase": "driver", "arm": "", "trial": None, "seed_index": None, "path": "", "environment": call.environment,
         **drivers, **_seconds(call.seconds), "jobs": call.jobs}
        for call in results.calls
    ]  # fmt: skip
    return _frame(of_runs + of_calls)


TABLES: Mapping[str, Callable[[Results], pd.DataFrame]] = {
    "arms": arms,
    "trials": trials,
    "runs": runs,
    "curves": curves,
    "timing": timing,
}


def write_tables(folder: ResultFolder, results: Results, names: Iterable[str] = tuple(TABLES)) -> None:
    """Tables as CSV; one that stands there already is left alone."""
    for name in names:
        path, text = folder.tables / f"{name}.csv", TABLES[name](results).to_csv(index=False, lineterminator="\n")
        if not path.exists() or path.read_bytes() != text.encode():
            write_text(path, text)


def _who(record: Record) -> dict[str, Any]:
    return {"phase": record.phase, "arm": record.arm, "trial": record.trial, "seed_index": record.seed_index}


def _seconds(by_activity: Mapping[str, float]) -> dict[str, float]:
    return {f"{name}_seconds": value for name, value in by_activity.items()}


def _measures(records: Iterable[Record]) -> list[str]:
    """Names of what was measured, in the order of their first appearance."""
    return list(dict.fromkeys(name for record in records for point in record.curve for name in point if name != "step"))


def _searched(results: Results) -> list[str]:
    """Full names of what some arm compares or searches."""
    named = (name for arm in results.study["arms"].values() for name in (*arm["settings"], *arm["space"]))
    return list(dict.fromkeys(named))


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows)
    for name in map(str, frame.columns):
        values = [row.get(name) for row in rows]
        if None in values and {type(each) for each in values} == {int, type(None)}:
            frame[name] = pd.array(values, dtype="Int64")  # a missing integer must not turn the others into floats
    return frame

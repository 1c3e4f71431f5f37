"""Contenders: the arms of one or several result folders, each with a label that no other has."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ResultError, unknown
from harness.metric import Metric
from harness.records.record import Record
from harness.records.results import Results, sample_of, worst_of
from harness.records.selection import search_records
from harness.statistics.comparison import Sample


@dataclass(frozen=True, kw_only=True)
class Contender:
    """An arm of one of the result folders that are compared.

    ``label``: the arm's name, followed by its folder if another arm has the same name. ``path``: the folder's path.
    ``runs``: seed index → confirmation run of the arm's chosen trial; empty if there is none yet.
    """

    label: str
    arm: str
    path: str
    results: Results
    runs: Mapping[int, Record]

    @property
    def ok(self) -> int:
        """Number of confirmation runs that finished."""
        return sum(not run.reason for run in self.runs.values())

    @property
    def has_failed(self) -> bool:
        """Whether every run of the arm's search, or every confirmation run, failed."""
        if self.runs:
            return not self.ok
        return not self.results.winners(self.arm) and bool(search_records(self.results.records, self.arm))


def contenders(folders: Mapping[str, Results]) -> list[Contender]:
    """Every arm of every folder, with or without confirmation runs. ``folders``: path → results."""
    counts = Counter(arm for results in folders.values() for arm in results.arms)
    names = {path: Path(path).resolve().name for path in folders}
    short = Counter(names.values())
    return [
        Contender(
            label=arm if counts[arm] == 1 else f"{arm} ({names[path] if short[names[path]] == 1 else path})",
            arm=arm,
            path=path,
            results=results,
            runs=results.confirmed(arm),
        )
        for path, results in folders.items()
        for arm in results.arms
    ]


def find_baseline(wanted: str | None, all_contenders: Sequence[Contender]) -> str:
    """The label of the baseline. ``wanted``: its name or label; None: the baseline of the first folder's study.

    ResultError if no arm or several arms match, and if the arm has no confirmation run.
    """
    name = wanted or all_contenders[0].results.baseline
    matching = [contender for contender in all_contenders if name in (contender.label, contender.arm)]
    if wanted is None:
        matching = [contender for contender in matching if contender.results is all_contenders[0].results]
    if not matching:
        raise ResultError(unknown("baseline", name, [contender.label for contender in all_contenders]))
    exact = [contender for contender in matching if contender.label == name] or matching
    if len(exact) > 1:
        raise ResultError(
            f"baseline {wanted!r} is in several folders: {', '.join(contender.label for contender in exact)}"
        )
    if not exact[0].runs:
        raise ResultError(f"{exact[0].path}: baseline {name!r} is not confirmed, nothing can be compared with it")
    return exact[0].label


def samples_of(confirmed: Sequence[Contender], metric: Metric) -> list[Sample]:
    """A sample of each contender's scores; a failed run scores the worst value among all contenders.

    ResultError if a run did not measure the metric, and if every run failed.
    """
    for contender in confirmed:
        lacking = [run for run in contender.runs.values() if not run.reason and metric.name not in run.curve[-1]]
        if lacking:
            raise ResultError(f"{contender.label}: {unknown('metric', metric.name, lacking[0].curve[-1])}")
    if not any(contender.ok for contender in confirmed):
        raise ResultError("every confirmation run failed: there is nothing to compare")
    worst = worst_of((run for contender in confirmed for run in contender.runs.values()), metric, math.nan)
    return [
        sample_of(
            contender.label, contender.runs, metric, worst, contender.results.stream,
            contender.results.groups(contender.runs),
        )
        for contender in confirmed
    ]  # fmt: skip

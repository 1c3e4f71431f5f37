"""Contenders: the confirmed arms of one or several result folders, each under a name of its own."""

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

    ``label``: the arm's name, with its folder where another arm has the same name. ``path``: of its folder. ``runs``:
    the confirmation runs of its chosen trial by seed index; empty where there are none yet.
    """

    label: str
    arm: str
    path: str
    results: Results
    runs: Mapping[int, Record]

    @property
    def ok(self) -> int:
        """How many of its confirmation runs finished."""
        return sum(not run.reason for run in self.runs.values())

    @property
    def has_failed(self) -> bool:
        """Whether nothing of it finished: its whole search failed, or every confirmation run."""
        if self.runs:
            return not self.ok
        return self.results.chosen(self.arm) is None and bool(search_records(self.results.records, self.arm))


def contenders(folders: Mapping[str, Results]) -> list[Contender]:
    """Every arm of every folder, those without a confirmation run among them."""
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


def find_baseline(wanted: str | None, every: Sequence[Contender]) -> str:
    """The label of the arm that is wanted as baseline, by name or label; of the first folder's own where none is.

    ResultError where there is none, or several, and where it has no confirmation run.
    """
    wanted_here = wanted or every[0].results.baseline
    matching = [contender for contender in every if wanted_here in (contender.label, contender.arm)]
    if wanted is None:
        matching = [contender for contender in matching if contender.results is every[0].results]
    if not matching:
        raise ResultError(unknown("baseline", wanted_here, [contender.label for contender in every]))
    exact = [contender for contender in matching if contender.label == wanted_here] or matching
    if len(exact) > 1:
        raise ResultError(
            f"baseline {wanted!r} is in several folders: {', '.join(contender.label for contender in exact)}"
        )
    if not exact[0].runs:
        raise ResultError(
            f"{exact[0].path}: baseline {wanted_here!r} is not confirmed, nothing can be compared with it"
        )
    return exact[0].label


def samples_of(confirmed: Sequence[Contender], metric: Metric) -> list[Sample]:
    """The scores of each contender by seed index; a run that failed scores the worst value among all contenders.

    ResultError where some run did not measure the metric, and where every run failed.
    """
    for contender in confirmed:
        lacking = [run for run in contender.runs.values() if not run.reason and metric.name not in run.curve[-1]]
        if lacking:
            raise ResultError(f"{contender.label}: {unknown('metric', metric.name, lacking[0].curve[-1])}")
    if not any(contender.ok for contender in confirmed):
        raise ResultError("every confirmation run failed: there is nothing to compare")
    worst = worst_of((run for contender in confirmed for run in contender.runs.values()), metric, math.nan)
    return [
        sample_of(contender.label, contender.runs, metric, worst, contender.results.stream) for contender in confirmed
    ]

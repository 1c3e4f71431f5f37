"""Standing: what an arm reached in its confirmation runs; the table ``arms`` and the answer are made from standings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.records.record import Record
from harness.records.results import Results
from harness.records.selection import search_records
from harness.statistics.comparison import Sample
from harness.statistics.estimates import Proportion, clopper_pearson, estimate


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What an arm reached.

    ``arm``: the arm's name, or its label if several result folders are compared. ``n``: number of confirmation runs of
    the chosen trial, of which ``ok`` finished; ``failure_rate``: the share that did not. ``mean``, ``low``, ``high``,
    ``sd``: mean of the ``scores`` in raw units of the metric, its 95% t interval, and their standard deviation; nan
    with too few. ``scores``: one for each unit that finished, which is a seed or, where the search was repeated, a
    search. ``trial``: the chosen trial's number; None if there is not one alone. ``trials``: so far. ``chosen``: number
    of chosen trials, one for each repeat of the search that has one.
    """

    arm: str
    n: int
    ok: int
    failure_rate: Proportion
    scores: tuple[float, ...]
    mean: float
    low: float
    high: float
    sd: float
    trial: int | None
    trials: int
    chosen: int

    @property
    def failed(self) -> int:
        """Number of confirmation runs that failed."""
        return self.n - self.ok

    @property
    def search_failed(self) -> bool:
        """Whether the arm has no chosen trial because every run of its search failed."""
        return self.trials > 0 and self.chosen == 0

    @property
    def is_lost(self) -> bool:
        """Whether every confirmation run failed or, before confirmation, every run of the search."""
        return not self.ok if self.n else self.search_failed


def standing(sample: Sample, runs: Mapping[int, Record], results: Results, arm: str) -> Standing:
    """The standing of an arm, by what its confirmation ``runs`` score as a ``sample``, whose name it takes."""
    scores = estimate(list(sample.units.values()))
    winners = results.winners(arm)
    lost = [run for run in runs.values() if run.reason]
    return Standing(
        arm=sample.name,
        n=len(sample.runs),
        ok=len(sample.runs) - len(lost),
        failure_rate=clopper_pearson(len(lost), len(sample.runs)),
        scores=tuple(sample.units.values()),
        mean=scores.mean,
        low=scores.low,
        high=scores.high,
        sd=scores.sd,
        trial=winners[0].trial if len(winners) == 1 else None,
        trials=len(search_records(results.records, arm)),
        chosen=len(winners),
    )


def standings(results: Results) -> list[Standing]:
    """The standing of every arm, in the study's order."""
    return [standing(results.sample(arm), results.confirmed(arm), results, arm) for arm in results.arms]

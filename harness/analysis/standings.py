"""Standing: what an arm reached in its confirmation runs; the table ``arms`` and the answer are made from standings."""

from __future__ import annotations

from dataclasses import dataclass

from harness.records.results import Results
from harness.records.selection import search_records
from harness.statistics.comparison import Sample, unit_scores
from harness.statistics.estimates import estimate


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What an arm reached.

    ``arm``: the arm's name, or its label if several result folders are compared. ``n``: number of confirmation runs of
    the chosen trial, of which ``ok`` finished; the others score the worst value of the comparison. ``mean``, ``low``,
    ``high``, ``sd``: mean of the scores in raw units of the metric, its 95% t interval, and the scores' standard
    deviation, over the searches' means where the search was repeated; nan with too few scores. ``trial``: the chosen
    trial's number; None if there is not one alone. ``trials``: so far. ``chosen``: number of chosen trials, one for
    each repeat of the search that has one.
    """

    arm: str
    n: int
    ok: int
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


def standing(sample: Sample, results: Results, arm: str) -> Standing:
    """The standing of an arm. ``sample``: its confirmation scores; the sample's name becomes the standing's ``arm``."""
    scores = estimate(unit_scores(sample, sample.scores))
    winners = results.winners(arm)
    return Standing(
        arm=sample.name,
        n=len(sample.scores),
        ok=len(sample.scores) - sample.failed,
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
    return [standing(results.sample(arm), results, arm) for arm in results.arms]

"""Where each arm stands after its confirmation runs: what the table of arms and the answer are both made from."""

from __future__ import annotations

from dataclasses import dataclass

from harness.records.results import Results
from harness.records.selection import search_records
from harness.statistics.comparison import Sample
from harness.statistics.estimates import estimate


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What an arm reached.

    ``arm``: its name, or its label where several result folders are compared. ``n``: confirmation runs of its chosen
    trial, of which ``ok`` finished; the others score the worst value of the comparison. ``mean``, ``low``, ``high``,
    ``sd``: of their scores in raw units of the metric, with a 95% t interval; nan where there are too few. ``trial``:
    number of the chosen trial, None where the search failed or has not begun. ``trials``: of its search, up to now.
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

    @property
    def failed(self) -> int:
        """How many of its confirmation runs failed."""
        return self.n - self.ok

    @property
    def search_failed(self) -> bool:
        """Whether it has no chosen trial because every run of its search failed."""
        return self.trials > 0 and self.trial is None

    @property
    def is_lost(self) -> bool:
        """Whether nothing of it finished: no confirmation run, or no run of its search."""
        return not self.ok if self.n else self.search_failed


def standing(sample: Sample, results: Results, arm: str) -> Standing:
    """The standing of an arm of these results, under the sample's name."""
    scores = estimate(list(sample.scores.values()))
    winner = results.chosen(arm)
    return Standing(
        arm=sample.name,
        n=scores.n,
        ok=scores.n - sample.failed,
        mean=scores.mean,
        low=scores.low,
        high=scores.high,
        sd=scores.sd,
        trial=winner.trial if winner else None,
        trials=len(search_records(results.records, arm)),
    )


def standings(results: Results) -> list[Standing]:
    """Every arm of a study, in the study's order."""
    return [standing(results.sample(arm), results, arm) for arm in results.arms]

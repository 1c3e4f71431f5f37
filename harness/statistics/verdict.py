"""What a measured difference means: a word of the protocol, and what would settle it where it is undecided."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from harness.metric import Metric
from harness.statistics.estimates import Interval
from harness.statistics.forecast import MOST_UNITS
from harness.statistics.joint import FEWEST
from harness.statistics.method import ALPHA

RECOMMENDED_UNITS = 10
"""Seeds, or repeated searches, below which the warning SEEDS is shown."""


class Word(Enum):
    """The protocol's words for a difference."""

    BETTER = "better"
    BETTER_UNCLEAR = "better_size_unclear"
    BETTER_NEGLIGIBLE = "better_negligible"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"
    WORSE_NEGLIGIBLE = "worse_negligible"
    WORSE_UNCLEAR = "worse_size_unclear"
    WORSE = "worse"
    EXPLORATORY = "exploratory"


_BETTER = (Word.BETTER, Word.BETTER_UNCLEAR, Word.BETTER_NEGLIGIBLE)


_WORSE = (Word.WORSE, Word.WORSE_UNCLEAR, Word.WORSE_NEGLIGIBLE)


@dataclass(frozen=True)
class Verdict:
    """What the difference between two arms means.

    ``units``, ``at_worst``: for an undecided verdict, the numbers of units that would settle it, as ``Forecast`` has
    them; None if none up to ``most`` would, and for every other word. ``withheld``: the arm that would be called worse,
    and is not, since it is not tuned. ``failing``: the arm that would be called better, and is not, since it fails more
    often. Both are '' where nothing was taken back; else the word is undecided, and more units would not help.
    """

    word: Word
    units: int | None = None
    at_worst: int | None = None
    withheld: str = ""
    failing: str = ""
    most: int = MOST_UNITS

    @classmethod
    def of(cls, mean: float, interval: Interval, *, n: int, p: float, p_equivalent: float, delta: float) -> Verdict:
        """The verdict on a difference of n units that is turned so that a positive one means better.

        ``interval``: the simultaneous one. ``p``, ``p_equivalent``: over the family. An interval alone claims nothing,
        nor that a difference is negligible: it is blind to skew, of which ``p_equivalent`` knows.
        """
        if n < FEWEST:
            return cls(Word.EXPLORATORY)
        is_small = p_equivalent < ALPHA
        if p < ALPHA and mean != 0:
            words, low, high = (_BETTER, interval.low, interval.high)
            if mean < 0:
                words, low, high = (_WORSE, -interval.high, -interval.low)
            claim, unclear, negligible = words
            return cls(negligible if high <= delta and is_small else claim if low >= delta else unclear)
        return cls(Word.EQUIVALENT if is_small else Word.UNDECIDED)

    def withhold(self, loser: str) -> Verdict:
        """The verdict where the arm that a claim calls worse is not tuned; without a claim the same."""
        return Verdict(Word.UNDECIDED, withheld=loser) if self.direction else self

    def refuse(self, winner: str) -> Verdict:
        """The verdict where the arm that a claim calls better fails more often; without a claim the same."""
        return Verdict(Word.UNDECIDED, failing=winner) if self.direction else self

    @property
    def settles(self) -> bool:
        """Whether the verdict answers the question."""
        return self.word not in (Word.UNDECIDED, Word.EXPLORATORY)

    @property
    def is_open(self) -> bool:
        """Whether more units may settle the verdict."""
        return not (self.settles or self.withheld or self.failing)

    @property
    def direction(self) -> int:
        """1 if the first of the two arms is better, −1 if it is worse, 0 if the verdict claims neither."""
        return (self.word in _BETTER) - (self.word in _WORSE)

    @property
    def negligible(self) -> bool:
        """Whether one arm is better, but surely by no more than matters."""
        return self.word in (Word.BETTER_NEGLIGIBLE, Word.WORSE_NEGLIGIBLE)

    @property
    def unclear(self) -> bool:
        """Whether one arm is better, and nobody knows whether by as much as matters."""
        return self.word in (Word.BETTER_UNCLEAR, Word.WORSE_UNCLEAR)


def smallest_difference(groups: Sequence[Sequence[float]], metric: Metric) -> float:
    """δ for a study that gives none: half of the pooled standard deviation within the groups, and at least 0.1 points.

    ``groups``: the scores of each arm's defaults at the tuning and select seeds, in units of the metric. Losses are not
    in percent and have no such floor: their δ is nan if no group has two scores.
    """
    freedom = sum(max(len(group) - 1, 0) for group in groups)
    squares = sum((score - math.fsum(group) / len(group)) ** 2 for group in groups for score in group)
    half = math.sqrt(squares / freedom) / 2 if freedom else math.nan
    if metric.name.endswith("loss"):
        return half
    return 0.1 if math.isnan(half) else max(0.1, half)

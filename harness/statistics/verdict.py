"""What a measured difference means: a word of the protocol; for an undecided one, the seeds that would settle it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from harness.metric import Metric
from harness.statistics.estimates import MOST_SEEDS, Difference, estimate, seeds_needed

FEWEST = 6
"""Seeds below which nothing is decided: five pairs cannot reach 0.05 in an exact two-sided test."""


ALPHA = 0.05
"""The level of every test, over the whole family of comparisons."""


MOST_ADVISED_SEEDS = 1_000
"""Seeds above which no number is advised: the difference lies too near δ, or one arm scatters too much."""


class Word(Enum):
    """The protocol's words for a difference."""

    BETTER = "better"
    BETTER_NEGLIGIBLE = "better_negligible"
    EQUIVALENT = "equivalent"
    UNDECIDED = "undecided"
    WORSE_NEGLIGIBLE = "worse_negligible"
    WORSE = "worse"
    EXPLORATORY = "exploratory"


_DIRECTIONS = {Word.BETTER: 1, Word.BETTER_NEGLIGIBLE: 1, Word.WORSE_NEGLIGIBLE: -1, Word.WORSE: -1}


@dataclass(frozen=True)
class Verdict:
    """What the difference between two arms means.

    ``seeds``: for an undecided verdict, how many seeds would settle it; None if more seeds hardly would, and for
    every other word.
    """

    word: Word
    seeds: int | None = None

    @classmethod
    def of(cls, difference: Difference, p_holm: float, delta: float, fewest: int = FEWEST) -> Verdict:
        """The verdict on a turned difference: a positive one means better.

        Every word that claims a direction needs Holm's p below 0.05, the negligible ones too; an interval in (0, δ]
        with a larger p is equivalent. Otherwise arms that equal the baseline would often be called better or worse.
        ``fewest``: seeds below which the test cannot reject, for the advised number of seeds.
        """
        mean, low, high = difference.mean, difference.low, difference.high
        differs = p_holm < ALPHA
        if difference.n < FEWEST:
            return cls(Word.EXPLORATORY)
        if differs and low > 0 and mean >= delta:
            return cls(Word.BETTER)
        if differs and low > 0 and high <= delta:
            return cls(Word.BETTER_NEGLIGIBLE)
        if differs and high < 0 and mean <= -delta:
            return cls(Word.WORSE)
        if differs and high < 0 and low >= -delta:
            return cls(Word.WORSE_NEGLIGIBLE)
        if -delta <= low and high <= delta:
            return cls(Word.EQUIVALENT)
        seeds = seeds_to_settle(difference, delta, fewest)
        return cls(Word.UNDECIDED, seeds if seeds is not None and seeds <= MOST_ADVISED_SEEDS else None)

    @property
    def settles(self) -> bool:
        """Whether the question is answered, so that no further seed is wanted."""
        return self.word not in (Word.UNDECIDED, Word.EXPLORATORY)

    @property
    def direction(self) -> int:
        """1 if the first of the two arms is better, −1 if it is worse, 0 if the verdict claims neither."""
        return _DIRECTIONS.get(self.word, 0)

    @property
    def negligible(self) -> bool:
        """Whether one arm is surely better, but by less than matters."""
        return self.word in (Word.BETTER_NEGLIGIBLE, Word.WORSE_NEGLIGIBLE)


def smallest_difference(baseline_scores: Sequence[float], metric: Metric, given: float | None = None) -> float:
    """δ, the smallest difference that matters, in units of the metric.

    If none is ``given``, δ is half the standard deviation of the baseline's scores, and at least 0.1 points. Losses are
    not in percent and have no such floor: their δ is nan if the baseline has fewer than two scores.
    """
    if given is not None:
        return given
    half = estimate(baseline_scores).sd / 2
    if metric.name.endswith("loss"):
        return half
    return 0.1 if math.isnan(half) else max(0.1, half)


def fewest_seeds(tests: int) -> int:
    """Pairs n from which the sign-flip test can reject after Holm over ``tests``: tests·2/2ⁿ < 0.05; at least 6."""
    return max(FEWEST, math.floor(math.log2(2 * max(tests, 1) / ALPHA)) + 1)


def seeds_with_power(difference: Difference, delta: float, fewest: int = FEWEST) -> int | None:
    """Seeds at which the test can reject, and has 80% power for a difference of δ; None if there is no such number."""
    needed = seeds_needed(difference.sd if difference.paired else difference.sd_unpaired, delta)
    return max(needed, fewest) if needed else None


def seeds_to_settle(difference: Difference, delta: float, fewest: int = FEWEST) -> int | None:
    """How many seeds would settle an undecided comparison; None if no number up to ``MOST_SEEDS`` would.

    With fewer seeds than 80% power needs, the answer is the number for 80% power. With as many seeds already, the
    difference lies near δ: the answer is the number at which the present interval will have shrunk into ±δ.
    """
    needed = seeds_with_power(difference, delta, fewest)
    if needed is None or needed > difference.n:
        return needed
    room, half = delta - abs(difference.mean), (difference.high - difference.low) / 2
    if room > 0 and half / room > 1:
        shrink = (half / room) ** 2 * difference.n
        return math.ceil(shrink) if shrink <= MOST_SEEDS else None
    return difference.n + 1

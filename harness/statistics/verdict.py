"""What a difference means: one word of the protocol, or the number of seeds that would give one."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.metric import Metric
from harness.statistics.estimates import MOST_SEEDS, Difference, estimate, seeds_needed

FEWEST = 6
"""With fewer seeds nothing is decided: five pairs cannot reach 0.05 in an exact two-sided test."""


ALPHA = 0.05


HOPELESS = 1_000
"""Seeds above which none are advised: the difference lies too near δ, or one arm scatters too much."""


def smallest_difference(baseline_scores: Sequence[float], metric: Metric, given: float | None = None) -> float:
    """δ, the smallest difference that matters: what was given, else half the baseline's sd and at least 0.1 points.

    Losses are not in percent and have no floor; theirs is nan when the baseline has fewer than two scores.
    """
    if given is not None:
        return given
    half = estimate(baseline_scores).sd / 2
    if metric.name.endswith("loss"):
        return half
    return 0.1 if math.isnan(half) else max(0.1, half)


def fewest_seeds(tests: int) -> int:
    """Pairs from which the sign-flip test can reject after Holm over so many tests: tests·2/2ⁿ < 0.05; at least 6."""
    return max(FEWEST, math.floor(math.log2(2 * max(tests, 1) / ALPHA)) + 1)


def verdict(difference: Difference, p_holm: float, delta: float, fewest: int = FEWEST) -> str:
    """The protocol's word for a difference turned so that higher is better.

    Every word that claims a direction needs Holm's p below 0.05, the negligible ones too: without it, an interval in
    (0, δ] is ``equivalent``. Otherwise arms that equal the baseline would be called better or worse far too often.
    ``fewest``: seeds below which the test cannot reject, for the advice.
    """
    mean, low, high = difference.mean, difference.low, difference.high
    differs = p_holm < ALPHA
    if difference.n < FEWEST:
        return "exploratory"
    if differs and low > 0 and mean >= delta:
        return "better"
    if differs and low > 0 and high <= delta:
        return "better, negligible"
    if differs and high < 0 and mean <= -delta:
        return "worse"
    if differs and high < 0 and low >= -delta:
        return "worse, negligible"
    if -delta <= low and high <= delta:
        return "equivalent"
    seeds = seeds_to_settle(difference, delta, fewest)
    if seeds is None or seeds > HOPELESS:
        return "undecided, more seeds hardly help"
    return f"undecided, about {seeds} seeds would settle it"


def settles(words: str) -> bool:
    """Whether a verdict is one: neither undecided nor exploratory."""
    return not words.startswith(("undecided", "exploratory"))


def seeds_with_power(difference: Difference, delta: float, fewest: int = FEWEST) -> int | None:
    """N at which the test finds a difference of δ with 80% power, and can reject at all; None where there is none."""
    needed = seeds_needed(difference.sd if difference.paired else difference.sd_unpaired, delta)
    return max(needed, fewest) if needed else None


def seeds_to_settle(difference: Difference, delta: float, fewest: int = FEWEST) -> int | None:
    """The N of an undecided verdict: that of 80% power, where it is not reached.

    Where it is, the difference lies near δ: then the N at which the present interval will have shrunk into ±δ.
    """
    needed = seeds_with_power(difference, delta, fewest)
    if needed is None or needed > difference.n:
        return needed
    room, half = delta - abs(difference.mean), (difference.high - difference.low) / 2
    if room > 0 and half / room > 1:
        shrink = (half / room) ** 2 * difference.n
        return math.ceil(shrink) if shrink <= MOST_SEEDS else None
    return difference.n + 1

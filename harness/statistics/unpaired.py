"""Tests of two arms whose scores do not stand in pairs: Welch's, with a bootstrap of his statistic beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import scipy  # whose modules are loaded when they are first used

from harness.statistics.equivalence import is_skewed, modified_t, unbiased_skewness
from harness.statistics.estimates import estimate, ratio, t_p, welch_error
from harness.statistics.joint import FEWEST, Floats


def unpaired_p(a: Sequence[float], b: Sequence[float], delta: float, resamples: int) -> tuple[float, float]:
    """The p of no difference, and of one of δ or more in either direction; nan for fewer than six scores of an arm.

    Each is the larger of Welch's t and a bootstrap-t: both arms are resampled, from the same seed each time. The second
    is the larger of two one-sided ones, and nan too where the skewness of an arm refuses the test.
    """
    if min(len(a), len(b)) < FEWEST:
        return math.nan, math.nan
    gap, (error, freedom) = estimate(a).mean - estimate(b).mean, welch_error(a, b)
    null = _resampled(a, b, resamples)

    def below(t: float) -> float:
        return float(1 + (null <= t).sum()) / (resamples + 1)

    def above(t: float) -> float:
        return float(1 + (null >= t).sum()) / (resamples + 1)

    t, to_upper, to_lower = (ratio(room, error) for room in (gap, gap - delta, gap + delta))
    p = max(t_p(t, freedom), min(1.0, 2 * min(below(t), above(t))))
    return p, max(welch_equivalence_p(a, b, delta), below(to_upper), above(to_lower))


def welch_equivalence_p(a: Sequence[float], b: Sequence[float], delta: float) -> float:
    """The p of |μ_a − μ_b| ≥ δ by Welch's two one-sided tests; nan where the skewness of an arm refuses them.

    Each by his t and by the modified one, as of paired differences; the third cumulant of the difference of the means
    is κ_a/n_a² − κ_b/n_b² (Zhou & Dinh 2005, Biostatistics 6).
    """
    rows = [np.array([scores], dtype=float) for scores in (a, b)]
    if any(is_skewed(row)[0] for row in rows):
        return math.nan
    error, freedom = welch_error(a, b)
    outward = np.array(ratio(abs(estimate(a).mean - estimate(b).mean) - delta, error))
    cumulants = [unbiased_skewness(row)[0] * estimate(row[0]).sd ** 3 / row.size**2 for row in rows]
    modified = modified_t(outward, np.array(abs(cumulants[0] - cumulants[1]) / error**3 if error else 0.0))
    return float(scipy.special.stdtr(freedom, np.maximum(outward, modified)))


def _resampled(a: Sequence[float], b: Sequence[float], resamples: int) -> Floats:
    """Welch's statistic of resamples about the observed difference; where their spread is 0, its limit: ±∞ or 0."""
    gap, square = np.zeros(resamples), np.zeros(resamples)
    for sign, scores, drawn in zip((1, -1), (a, b), _resamples(len(a), len(b), resamples), strict=True):
        n, values = len(scores), np.asarray(scores, dtype=float)
        size = float(np.ptp(values))
        if size == 0:
            continue
        centred = (values - values.mean()) / size
        sums, squares = centred @ drawn, centred**2 @ drawn
        sums[np.abs(sums) <= 1e-12 * n] = 0
        variance = (squares - sums**2 / n) / (n - 1)
        variance[variance <= 1e-12 * squares / n] = 0
        gap += sign * size * sums / n
        square += size**2 * variance / n
    limit = np.where(gap == 0, 0.0, np.copysign(math.inf, gap))
    found: Floats = np.divide(gap, np.sqrt(square), out=limit, where=square > 0)
    return found


@lru_cache(maxsize=2)
def _resamples(of_a: int, of_b: int, resamples: int) -> tuple[Floats, Floats]:
    """How often each score of each arm is drawn, (scores, resamples)."""
    rng = np.random.default_rng([of_a, of_b, resamples])
    first, second = (rng.multinomial(size, np.full(size, 1 / size), resamples).T.astype(float) for size in (of_a, of_b))
    return first, second

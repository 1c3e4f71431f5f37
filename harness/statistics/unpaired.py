"""Tests of arms whose scores do not stand in pairs: Welch's, with a bootstrap of his statistic beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy  # whose modules are loaded when they are first used
from numpy.typing import NDArray

from harness.statistics.equivalence import is_skewed, modified_t, unbiased_skewness
from harness.statistics.estimates import estimate, mean_gap, ratio
from harness.statistics.joint import FEWEST, Floats

Pair = tuple[Sequence[float], Sequence[float]]
"""The scores of an arm, and of the one that it is compared with."""


def unpaired_p(pairs: Sequence[Pair], delta: float, resamples: int) -> tuple[Floats, Floats]:
    """For each pair the p of no difference, and of one of δ or more in either direction.

    Each is the largest of Welch's t, of the modified one, and of a bootstrap-t, for which both arms are resampled, from
    the same seed each time; the second is the larger of two one-sided ones. nan for fewer than six scores of an arm,
    and the second where the skewness of an arm refuses the test.
    """
    different, equivalent = welch_p(pairs), welch_equivalence_p(pairs, delta)
    for place, (a, b) in enumerate(pairs):
        if min(len(a), len(b)) < FEWEST:
            continue
        gap, error = mean_gap(a, b), _error(a, b)[0]
        null = _resampled(a, b, resamples)
        t, to_upper, to_lower = (ratio(room, error) for room in (gap, gap - delta, gap + delta))
        below, above, smaller, larger = (
            (1 + int(reached.sum())) / (resamples + 1)
            for reached in (null <= t, null >= t, null <= to_upper, null >= to_lower)
        )
        different[place] = np.maximum(different[place], min(1.0, 2 * min(below, above)))
        equivalent[place] = np.maximum(equivalent[place], max(smaller, larger))
    return different, equivalent


def welch_p(pairs: Sequence[Pair]) -> Floats:
    """For each pair the larger p of Welch's t and of the modified one.

    The skewness is the pair's own or the mean over the pairs, whichever makes less of the difference, as of paired
    differences at a planned look.
    """
    found = [_welch(a, b) for a, b in _tested(pairs)]
    shared = np.mean([each.skewness for each in found]) if found else 0.0
    ps = []
    for each in found:
        t, sign = abs(ratio(each.gap, each.error)), math.copysign(1, each.gap)
        modified = modified_t(np.array(t), np.array(min(sign * each.skewness, sign * shared)))
        ps.append(min(1.0, 2 * float(scipy.special.stdtr(each.freedom, -np.minimum(t, modified)))))
    return _spread(ps, pairs)


def welch_equivalence_p(pairs: Sequence[Pair], delta: float) -> Floats:
    """For each pair the p of |μ_a − μ_b| ≥ δ by Welch's two one-sided tests; nan where skewness refuses them.

    Each by his t and by the modified one, as of paired differences.
    """
    found = [_welch(a, b) for a, b in _tested(pairs)]
    shared = abs(np.mean([each.skewness for each in found])) if found else 0.0
    ps = []
    for each, pair in zip(found, _tested(pairs), strict=True):
        outward = ratio(abs(each.gap) - delta, each.error)
        modified = modified_t(np.array(outward), np.array(max(abs(each.skewness), shared)))
        refused = any(is_skewed(np.array([scores], dtype=float))[0] for scores in pair)
        ps.append(math.nan if refused else float(scipy.special.stdtr(each.freedom, np.maximum(outward, modified))))
    return _spread(ps, pairs)


class _Welch(NamedTuple):
    gap: float
    error: float
    freedom: float
    skewness: float


def _welch(a: Sequence[float], b: Sequence[float]) -> _Welch:
    """The difference of the means, its standard error and degrees of freedom (``_error``), and its skewness.

    The skewness is (κ_a/n_a² − κ_b/n_b²)/error³, of third cumulants (Zhou & Dinh 2005, Biostatistics 6); 0 for two
    constants.
    """
    error, freedom = _error(a, b)
    of_a, of_b = (
        float(unbiased_skewness(np.array([scores], dtype=float))[0]) * estimate(scores).sd ** 3 / len(scores) ** 2
        for scores in (a, b)
    )
    return _Welch(mean_gap(a, b), error, freedom, (of_a - of_b) / error**3 if error else 0.0)


def _error(a: Sequence[float], b: Sequence[float]) -> tuple[float, float]:
    """Welch's standard error and degrees of freedom as if the larger arm had no more scores than the smaller has.

    Scores that are now and then far too low are not seen among few. Beside many of another arm, few that lack them
    would pass for better in 10.9% of comparisons of 10 scores with 30; so counted, in 4.8% (results/calibration.md).
    """
    n = min(len(a), len(b))
    squares = [estimate(scores).sd ** 2 / n for scores in (a, b)]
    error = math.sqrt(sum(squares))
    if not error > 0:
        return error, math.inf
    return error, (n - 1) * sum(squares) ** 2 / sum(square**2 for square in squares)


def _is_tested(pairs: Sequence[Pair]) -> NDArray[np.bool_]:
    return np.array([min(len(a), len(b)) >= FEWEST for a, b in pairs], dtype=bool)


def _tested(pairs: Sequence[Pair]) -> list[Pair]:
    return [pair for pair, tested in zip(pairs, _is_tested(pairs), strict=True) if tested]


def _spread(ps: Sequence[float], pairs: Sequence[Pair]) -> Floats:
    """The p of those that were tested, with nan for the others."""
    found = np.full(len(pairs), math.nan)
    found[_is_tested(pairs)] = ps
    return found


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

"""Whether a difference is smaller than matters: two one-sided tests, each by t and by a bootstrap."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import scipy  # whose modules are loaded when they are first used

from harness.statistics.estimates import estimate, ratio, welch_error
from harness.statistics.joint import Floats, t_statistic

MOST_SKEWED = 1.0
"""The size of a sample's skewness above which nothing is called equivalent."""


def equivalence_p(differences: Floats, delta: float, resampled: Floats) -> Floats:
    """The p of |μ| ≥ δ for each row of (m, n) paired differences; nan where the row's skewness refuses a test.

    Two one-sided tests [Schuirmann 1981], of μ ≥ δ and of μ ≤ −δ, each by Student's t and by the bootstrap-t
    (``resampled``, (m, B), of ``resampled_t``); the largest of the four.
    """
    freedom = np.isfinite(differences).sum(axis=1) - 1
    ps = []
    for sign in (1, -1):
        t = t_statistic(sign * differences, delta)  # far below 0 where the difference is smaller than δ
        null = sign * resampled
        null[np.isnan(null)] = -math.inf
        ps += [scipy.special.stdtr(freedom, t), (1 + (null <= t[:, None]).sum(axis=1)) / (null.shape[1] + 1)]
    found: Floats = np.max(ps, axis=0)
    return np.where(np.abs(skewness(differences)) > MOST_SKEWED, math.nan, found)


def skewness(differences: Floats) -> Floats:
    """m₃/m₂^1.5 of each row, from the central moments with divisor n; 0 for a constant."""
    present = np.isfinite(differences)
    n = present.sum(axis=1)
    mean = np.where(present, differences, 0.0).sum(axis=1) / n
    centred = np.where(present, differences - mean[:, None], 0.0)
    scale = np.abs(centred).max(axis=1, initial=0)
    scale[scale <= 1e-12 * np.abs(mean)] = 0
    centred = np.divide(centred, scale[:, None], out=np.zeros_like(centred), where=scale[:, None] > 0)
    second, third = (centred**2).sum(axis=1) / n, (centred**3).sum(axis=1) / n
    return np.asarray(np.divide(third, second**1.5, out=np.zeros_like(third), where=second > 0))


def welch_equivalence_p(a: Sequence[float], b: Sequence[float], delta: float) -> float:
    """The p of |μ_a − μ_b| ≥ δ for independent scores, by Welch's two one-sided tests."""
    error, freedom = welch_error(a, b)
    room = delta - abs(estimate(a).mean - estimate(b).mean)
    return float(scipy.special.stdtr(freedom, -ratio(room, error)))


def bootstrap_welch_p(a: Sequence[float], b: Sequence[float], resamples: int) -> float:
    """Two-sided p of no difference of independent scores, by the bootstrap-t of Welch's statistic."""
    error, _ = welch_error(a, b)
    observed = ratio(estimate(a).mean - estimate(b).mean, error)
    rng = np.random.default_rng([len(a), len(b), resamples])
    above, below = np.zeros(resamples), np.zeros(resamples)
    for sign, scores in ((1, a), (-1, b)):
        values = np.asarray(scores, dtype=float)
        size = np.ptp(values)
        centred = (values - values.mean()) / size if size > 0 else np.zeros(len(values))
        drawn = centred[rng.integers(0, len(values), (resamples, len(values)))]
        above += sign * size * drawn.mean(axis=1)
        variance = drawn.var(axis=1, ddof=1)
        below += size**2 * np.where(variance <= 1e-24, 0, variance) / len(values)
    limit = np.where(above == 0, 0.0, np.copysign(math.inf, above))
    null = np.divide(above, np.sqrt(below), out=limit, where=below > 0)
    upper, lower = (int((sign * null >= sign * observed).sum()) for sign in (1, -1))
    return min(1.0, 2 * (1 + min(upper, lower)) / (resamples + 1))

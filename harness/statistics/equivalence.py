"""Whether a difference is smaller than matters: two one-sided tests, by t, t modified for skew, and a bootstrap-t."""

from __future__ import annotations

import math

import numpy as np
import scipy  # whose modules are loaded when they are first used
from numpy.typing import NDArray

from harness.statistics.joint import TIE, Floats, t_statistic

MOST_SKEWED = 2.0
"""The size of a sample's skewness above which nothing is called equivalent: one value governs it.

Six values cannot reach it, and normal ones do in one sample of a thousand. A lower limit is no remedy for skew, which
the dangerous samples do not show: results/calibration.md.
"""


def equivalence_p(differences: Floats, delta: float, resampled: Floats) -> Floats:
    """The p of |μ| ≥ δ for each row of (m, n) paired differences; nan where the row's skewness refuses a test.

    Two one-sided tests [Schuirmann 1981], of μ ≥ δ and of μ ≤ −δ, each by Student's t, by the modified one of
    ``inward_t``, and by the bootstrap-t (``resampled``, (m, B), of ``resampled_t``); the largest of the six.
    """
    outward = _outward(differences, delta)
    ps = [scipy.special.stdtr(np.isfinite(differences).sum(axis=1) - 1, _modified(differences, outward))]
    for sign, t in zip((1, -1), outward, strict=True):
        least = t + TIE * np.maximum(1, np.abs(np.where(np.isfinite(t), t, 0.0)))
        reached = ~(sign * resampled > least[:, None])  # nan, of a resample without a value, reaches any
        ps.append((1 + reached.sum(axis=1)) / (resampled.shape[1] + 1))
    found: Floats = np.max(ps, axis=0)
    return np.where(is_skewed(differences), math.nan, found)


def inward_t(differences: Floats, delta: float) -> Floats:
    """By how many standard errors the mean of each row lies within ±δ, at the nearer side; below 0 where it does not.

    The smaller of Student's t and Hall's modified one for the unfavourable sign of the skewness. A small sample often
    lacks the tail of a skewed distribution, and so looks both narrower and less skewed than it is: the skewness is the
    larger one of the row's own and of the mean over the rows, which arms of one study tend to share.
    """
    return -_modified(differences, _outward(differences, delta))


def modified_t(t: Floats, skewness: Floats) -> Floats:
    """Hall's modified t: where the values are skewed, its distribution is nearer to Student's than that of t.

    t + a (1 + 2 t²)/6 + a² t³/27, where a, ``skewness``, is that of the mean: of the values, divided by √n. Johnson
    (1978, J. Am. Stat. Assoc. 73) has no cubic term, and so turns the sign of a large t that points against the skew;
    Hall's (1992, J. R. Stat. Soc. B 54) rises with t.
    """
    finite = np.isfinite(t)
    size = np.where(finite, t, 0.0)
    return np.where(finite, size + skewness * (1 + 2 * size**2) / 6 + skewness**2 * size**3 / 27, t)


def is_skewed(differences: Floats) -> NDArray[np.bool_]:
    """Whether each row's skewness forbids to call it equivalent."""
    return np.asarray(np.abs(skewness(differences)) > MOST_SKEWED)


def unbiased_skewness(differences: Floats) -> Floats:
    """``skewness``·√(n(n−1))/(n−2) of each row, of three values or more: from unbiased estimates of the cumulants."""
    n = np.isfinite(differences).sum(axis=1)
    return np.asarray(skewness(differences) * np.sqrt(n * (n - 1)) / np.maximum(n - 2, 1))


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


def _outward(differences: Floats, delta: float) -> Floats:
    """(2, m): by how many standard errors each mean lies above δ, and below −δ."""
    return np.array([t_statistic(sign * differences, delta) for sign in (1, -1)])


def _modified(differences: Floats, outward: Floats) -> Floats:
    """The larger of both sides and of both statistics."""
    own = unbiased_skewness(differences)
    size = np.maximum(np.abs(own), np.abs(own.mean())) if len(own) else own
    relative = size / np.sqrt(np.isfinite(differences).sum(axis=1))
    return np.asarray(np.maximum(outward, modified_t(outward, relative)).max(axis=0))

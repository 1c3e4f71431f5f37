"""Whether a difference is smaller than matters: two one-sided tests, each by t and by a bootstrap."""

from __future__ import annotations

import math

import numpy as np
import scipy  # whose modules are loaded when they are first used
from numpy.typing import NDArray

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
    return np.where(is_skewed(differences), math.nan, found)


def is_skewed(differences: Floats) -> NDArray[np.bool_]:
    """Whether each row's skewness forbids to call it equivalent."""
    return np.asarray(np.abs(skewness(differences)) > MOST_SKEWED)


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

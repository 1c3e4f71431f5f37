"""What verdicts were made by before: Holm's correction of sign flips, and the interval of one comparison alone."""

from __future__ import annotations

import numpy as np
from drawing import Floats

from harness.statistics.estimates import holm, t_quantile
from harness.statistics.joint import flipped_p
from harness.statistics.method import ALPHA


def claims(differences: Floats, flips: int) -> list[bool]:
    """Whether each row of (arms, seeds) was called different."""
    return [p < ALPHA for p in holm(flipped_p(differences, flips)[0].tolist())]


def equates(differences: Floats, delta: float) -> list[bool]:
    """Whether each row was called smaller than δ: the 95% interval lies within ±δ."""
    n = differences.shape[1]
    half = t_quantile(0.975, n - 1) * differences.std(axis=1, ddof=1) / np.sqrt(n)
    return (np.abs(differences.mean(axis=1)) + half <= delta).tolist()

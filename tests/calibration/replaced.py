"""What verdicts were made by before: Holm's correction of sign flips, and the interval of one comparison alone."""

from __future__ import annotations

import numpy as np
from drawing import Floats

from harness.statistics.estimates import estimate, holm
from harness.statistics.joint import flipped_p
from harness.statistics.method import ALPHA


def claims(differences: Floats, flips: int) -> list[bool]:
    """Whether each row of (arms, seeds) was called different."""
    return [p < ALPHA for p in holm(flipped_p(differences, flips)[0].tolist())]


def equates(differences: Floats, delta: float) -> list[bool]:
    """Whether each row was called smaller than δ: the 95% interval lies within ±δ."""
    intervals = [estimate(row) for row in differences.tolist()]
    return [bool(np.maximum(-each.low, each.high) <= delta) for each in intervals]

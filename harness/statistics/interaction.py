"""Whether the level of one choice changes the effect of another: contrasts of four samples, tested together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.statistics.comparison import Sample, units_of
from harness.statistics.estimates import Estimate, Interval, estimate, scale_of, settled
from harness.statistics.joint import FULL, Draws, joint_test
from harness.statistics.method import ALPHA


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """(y₁₁ − y₁₂) − (y₂₁ − y₂₂) in the metric's own units, over the units at which all four finished.

    ``contrast``: with the interval for it alone. ``simultaneous``: the intervals of all contrasts hold together with
    95%. ``p``: of no interaction, for it alone. ``p_adjusted``: over all contrasts.
    """

    contrast: Estimate
    simultaneous: Interval
    p: float
    p_adjusted: float


def interactions(corners: Sequence[tuple[Sample, Sample, Sample, Sample]], *, draws: Draws = FULL) -> list[Interaction]:
    """The interactions of samples of one stream, y₁₁, y₁₂, y₂₁ and y₂₂ each: one joint test, as of arms.

    The first index is of the first choice's level, the second of the second's; 2 is the baseline's.
    """
    contrasts = [_contrast(four) for four in corners]
    units = sorted(set().union(*contrasts))
    rows = np.array([[each.get(unit, math.nan) for unit in units] for each in contrasts], dtype=float)
    tested = joint_test(rows.reshape(len(contrasts), len(units)), draws)
    family = max(1, int(np.isfinite(tested.single).sum()))
    found = []
    for row, each in enumerate(contrasts):
        values = list(each.values())
        wide = estimate(values, 1 - ALPHA / family)
        found.append(
            Interaction(
                contrast=estimate(values),
                simultaneous=Interval(wide.low, wide.high),
                p=float(tested.single[row]),
                p_adjusted=float(tested.adjusted[row]),
            )
        )
    return found


def _contrast(four: tuple[Sample, Sample, Sample, Sample]) -> dict[int, float]:
    """Unit → contrast, in ascending order."""
    seeds = set.intersection(*(set(sample.scores) for sample in four))
    units = [units_of(sample, seeds) for sample in four]
    contrasts = [sum(sign * each[unit] for sign, each in zip((1, -1, -1, 1), units, strict=True)) for unit in units[0]]
    return dict(zip(units[0], settled(contrasts, scale_of(*(y for each in units for y in each.values()))), strict=True))

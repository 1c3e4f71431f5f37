"""Tests of several arms' paired differences together: step-down maxima of sign flips and of a bootstrap's t.

Rows are arms, columns are units, and a value is the arm's difference to the baseline at the unit, nan where there is
none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


FEWEST = 6
"""Units below which nothing is tested: five pairs cannot reach 0.05 by two-sided flips of signs."""


EXACT = 16
"""Units up to which all 2ⁿ⁻¹ flips are counted; above, ``Draws.flips`` random ones and the observed signs."""


TIE = 1e-9
"""Statistics that lie this near together, relative to 1 or to the larger, are ties: rounding does not decide."""


PART = 4_096
"""Random flips that are held in memory at a time."""


@dataclass(frozen=True)
class Draws:
    """How many random draws there are, always from the same seeds.

    ``bootstrap``: resamples. ``flips``: signs above 16 units. ``posterior``: truths of a forecast; 0 makes none.
    """

    bootstrap: int = 9_999
    flips: int = 50_000
    posterior: int = 1_000


FULL = Draws()


@dataclass(frozen=True)
class JointTest:
    """Two-sided p-values of no difference, in the order of the rows; nan for a row of fewer than six values.

    ``single``: of each row alone. ``adjusted``: over all rows together: some true hypothesis among them has p < α with
    probability α at most. ``resampled``: (rows, B) studentised means of the resamples, as ``resampled_t`` gives them.
    """

    single: Floats
    adjusted: Floats
    resampled: Floats


def joint_test(differences: Floats, draws: Draws = FULL) -> JointTest:
    """Step-down maxima over the rows of ``differences``, (m, n): the larger p of sign flips and of the bootstrap-t.

    Flips are exact for differences that are symmetric, and too often find something in skewed ones; the bootstrap-t
    learns their skewness, and does not see what a small sample does not show. Both use the dependence between the arms,
    so that many arms need no more units than one. Westfall & Young (1993, Resampling-based multiple testing); Romano &
    Wolf (2005, Econometrica 73). Measured error rates and powers: results/calibration.md.
    """
    tested = np.isfinite(differences).sum(axis=1) >= FEWEST
    rows = differences[tested][:, np.isfinite(differences[tested]).any(axis=0)] if tested.any() else differences[:0]
    resampled = resampled_t(rows, draws.bootstrap)
    flipped, drawn = flipped_p(rows, draws.flips), resampled_p(rows, resampled)
    single, adjusted = (np.maximum(*ps) for ps in zip(flipped, drawn, strict=True))
    return JointTest(*(_spread(each, tested) for each in (single, adjusted, resampled)))


def flipped_p(differences: Floats, flips: int = FULL.flips) -> tuple[Floats, Floats]:
    """For each row its own p and the step-down p, by flips of signs, the same for all rows.

    The statistic is |Σ ε_i d_i| / √(n Σ d_i²), which rises with |t|, lies between 0 and 1, and is 1 where all
    differences are equal.
    """
    units = differences.shape[1]
    present = np.isfinite(differences)
    values = np.where(present, differences, 0.0)
    largest = np.abs(values).max(axis=1, initial=0)[:, None]  # so that no square is too small or large for a float
    values = np.divide(values, largest, out=np.zeros_like(values), where=largest > 0)
    size = np.sqrt(present.sum(axis=1) * (values**2).sum(axis=1))[:, None]
    scaled = np.divide(values, size, out=np.zeros_like(values), where=size > 0)
    observed = np.abs(scaled.sum(axis=1))
    null = (np.abs(scaled @ signs.T) for signs in _signs(units, flips))
    single, joint = _step_down(observed, null)
    if units <= EXACT:
        total = 2 ** max(units - 1, 0)
        return single / total, joint / total
    return (1 + single) / (flips + 1), (1 + joint) / (flips + 1)


def resampled_p(differences: Floats, resampled: Floats) -> tuple[Floats, Floats]:
    """For each row its own p and the step-down p, by the bootstrap-t: twice the smaller of the two one-sided ones."""
    observed, total = t_statistic(differences), resampled.shape[1] + 1
    sides = []
    for sign in (1, -1):
        null = sign * resampled
        null[np.isnan(null)] = math.inf
        sides.append([(1 + count) / total for count in _step_down(sign * observed, [null])])
    single, adjusted = (np.minimum(1, 2 * np.minimum(upper, lower)) for upper, lower in zip(*sides, strict=True))
    return single, adjusted


def t_statistic(differences: Floats, shift: float = 0.0) -> Floats:
    """√n (d̄ − shift)/s of each row; where s = 0, its limit: ±∞, or 0 where d̄ = shift too."""
    present = np.isfinite(differences)
    n, values = present.sum(axis=1), np.where(present, differences, 0.0)
    mean = values.sum(axis=1) / np.maximum(n, 1)
    centred = np.where(present, values - mean[:, None], 0.0)
    sd = np.sqrt((centred**2).sum(axis=1) / np.maximum(n - 1, 1))
    sd[sd <= 1e-12 * np.abs(values).max(axis=1, initial=0)] = 0  # rounding leaves 1e-17 of a constant
    gap = mean - shift
    gap[np.abs(gap) <= 1e-12 * np.abs(mean)] = 0
    return _ratio(np.sqrt(n) * gap, sd)


def resampled_t(differences: Floats, resamples: int = FULL.bootstrap) -> Floats:
    """t* = √n* (d̄* − d̄)/s* of each row, (m, B): units are drawn with replacement, the same ones for all rows.

    n*: the row's own values among the units drawn. Where s* = 0, its limit: ±∞, or 0 where d̄* = d̄ too; nan where none
    of the row's units was drawn.
    """
    present = np.isfinite(differences)
    n = present.sum(axis=1)
    mean = np.where(present, differences, 0.0).sum(axis=1) / n
    centred = np.where(present, differences - mean[:, None], 0.0)
    size = np.sqrt((centred**2).sum(axis=1) / np.maximum(n - 1, 1))
    size[size <= 1e-12 * np.abs(np.where(present, differences, 0.0)).max(axis=1, initial=0)] = math.inf  # a constant
    centred /= size[:, None]
    weights = _resamples(differences.shape[1], resamples)
    counts = np.full((len(differences), 1), float(differences.shape[1])) if present.all() else present @ weights
    sums, squares = centred @ weights, centred**2 @ weights
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = (squares - sums**2 / counts) / (counts - 1)
        variance[variance <= 1e-12 * squares / counts] = 0
        variance[np.broadcast_to(counts == 1, variance.shape)] = 0
    sums[np.abs(sums) <= 1e-12 * math.sqrt(differences.shape[1])] = 0
    found = _ratio(sums / np.sqrt(np.maximum(counts, 1)), np.sqrt(variance))
    if not present.all():
        found[counts == 0] = math.nan
    return found


def _ratio(above: Floats, below: Floats) -> Floats:
    infinite = np.where(above == 0, 0.0, np.copysign(math.inf, above))
    return np.divide(above, below, out=infinite, where=below > 0)


def _step_down(observed: Floats, null: Iterable[Floats]) -> tuple[Floats, Floats]:
    """How many null statistics reach each row's own, and step-down: the maxima over it and all rows below it.

    ``null``: (rows, draws) in parts. The second is the largest of the counts of the rows from the first to this one.
    """
    order = np.argsort(-observed, kind="stable")
    falling = observed[order]
    finite = np.isfinite(falling)
    least = np.where(finite, falling - TIE * np.maximum(1, np.abs(np.where(finite, falling, 0.0))), falling)[:, None]
    single, joint = np.zeros(len(order)), np.zeros(len(order))
    for part in null:
        ordered = part[order]
        single += (ordered >= least).sum(axis=1)
        maxima = np.maximum.accumulate(ordered[::-1], axis=0)[::-1]
        joint += (maxima >= least).sum(axis=1)
    joint = np.maximum.accumulate(joint)
    back = np.argsort(order, kind="stable")
    return single[back], joint[back]


def _signs(units: int, flips: int) -> Iterator[Floats]:
    """All signs of the units but the last, or random ones of all, in parts; (draws, units)."""
    if units <= EXACT:
        yield _all_signs(units)
        return
    rng = np.random.default_rng([units, flips])
    for start in range(0, flips, PART):  # the same parts for any number of rows, and so the same signs
        yield 1 - 2 * rng.integers(0, 2, (min(PART, flips - start), units), dtype=np.int8).astype(np.float64)


@lru_cache(maxsize=2)
def _all_signs(units: int) -> Floats:
    numbers = np.arange(2 ** max(units - 1, 0))[:, None]
    return 1.0 - 2.0 * (numbers >> np.arange(units) & 1).astype(np.float64)


@lru_cache(maxsize=8)
def _resamples(units: int, resamples: int) -> Floats:
    """How often each unit is drawn, (units, resamples)."""
    drawn = np.random.default_rng([units, resamples]).integers(0, max(units, 1), (resamples, units))
    places = (drawn + np.arange(resamples)[:, None] * units).ravel()
    return np.bincount(places, minlength=resamples * units).reshape(resamples, units).T.astype(float)


def _spread(found: Floats, tested: NDArray[np.bool_]) -> Floats:
    """What was found of the tested rows, with nan for the others."""
    whole = np.full((len(tested), *found.shape[1:]), math.nan)
    whole[tested] = found
    return whole

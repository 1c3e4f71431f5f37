"""Comparisons that are looked at without a plan: a test that holds whenever somebody looks, and however often."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metric import Metric
from harness.statistics.comparison import Comparison, Sample, compare
from harness.statistics.estimates import holm
from harness.statistics.joint import FEWEST, FULL, Draws, Floats, t_statistic
from harness.statistics.method import ALPHA, Tested


@dataclass(frozen=True)
class Anytime:
    """E-values of Student's t at every look so far, and intervals that hold at all of them together.

    ``looks``: the numbers of units at which somebody looked, in ascending order; the last is now. A unit that some arm
    lacks counts. An earlier look cannot be left out: the error rate holds for what was looked at.
    """

    looks: tuple[int, ...]

    def test(self, differences: Floats, delta: float, draws: Draws) -> Tested:
        """By E-values: of no difference, the least 1/E of the looks; of δ or more, this look's; Holm over each."""
        ps = np.array([_p(differences[:, :look], 0.0) for look in self.looks if look >= FEWEST])
        single = np.nanmin(np.where(np.isnan(ps), math.inf, ps), axis=0, initial=math.inf)
        now = differences[:, : self.looks[-1]]
        single = np.where(np.isfinite(single) & _tested(now), single, math.nan)
        mean = np.nansum(now, axis=1) / np.maximum(np.isfinite(now).sum(axis=1), 1)
        outside = [_p(now, sign * delta) for sign in (1, -1)]
        equivalent = np.where(np.abs(mean) < delta, np.maximum(*outside), np.where(_tested(now), 1.0, math.nan))
        adjusted, same = (np.array(holm([float(p) for p in each])) for each in (single, equivalent))
        return Tested(single, adjusted, same)

    def test_unpaired(self, a: Sequence[float], b: Sequence[float], delta: float, draws: Draws) -> tuple[float, float]:
        """There is no such test of independent scores."""
        return math.nan, math.nan

    def level(self, alpha: float) -> float:
        """There is no such interval of independent scores."""
        return math.nan

    def multiplier(self, n: Floats, alpha: float) -> Floats:
        """√(ν(c−1)/(1−c·r)) with c = (1/(α² r))^(1/n); ∞ while c·r ≥ 1."""
        return multiplier(n, alpha)

    def claims(self, n: Floats, tests: int) -> Floats:
        """The interval leaves out 0."""
        return np.where(n < FEWEST, math.inf, multiplier(n, ALPHA / tests))

    def equates(self, n: Floats, tests: int) -> Floats:
        """The interval lies within ±δ."""
        return self.claims(n, tests)

    def sizes(self, n: int, most: int) -> Sequence[int]:
        """All of them."""
        return range(max(n + 1, FEWEST), most + 1)


def e_value(t: Floats, n: Floats) -> Floats:
    """E_n of Student's t of n values: at any time it reaches 1/α with probability α if there is no difference.

    √r·[(1+t²/ν)/(1+r t²/ν)]^(n/2), ν = n−1, r = 1/(n+1): Wang & Ramdas (arXiv 2310.03722), Lindon et al. (2210.08589).
    """
    r, square = 1 / (n + 1), t**2 / np.maximum(n - 1, 1)
    finite = np.isfinite(square)
    inside = np.where(finite, square, 0.0)
    log = np.where(finite, np.log1p(inside) - np.log1p(r * inside), -np.log(r))
    return np.exp(np.log(r) / 2 + n / 2 * log)


def multiplier(n: Floats, alpha: float) -> Floats:
    """By how many standard errors the mean of n values may lie from a truth that is not left out; ∞ for any.

    It solves E_n = 1/α, and is ∞ while c·r ≥ 1, for n ≤ 4 at α = 0.05.
    """
    n = np.asarray(n, dtype=float)
    r = 1 / (n + 1)
    c = np.exp(-(2 * math.log(alpha) + np.log(r)) / n)
    exists = c * r < 1
    return np.where(exists, np.sqrt((n - 1) * (c - 1) / np.where(exists, 1 - c * r, 1.0)), math.inf)


def decide_anytime(
    samples: Sequence[Sample],
    baseline: str | None,
    metric: Metric,
    delta: float,
    looks: Sequence[int],
    *,
    draws: Draws = FULL,
) -> list[Comparison]:
    """``compare`` where units were added without a plan, with error rates that hold whenever somebody looks.

    ``looks``: the numbers of units at which somebody looked, in ascending order; the last is now. Only the first so
    many units, by seed index or search, are used.
    """
    return compare(samples, baseline, metric, delta, method=Anytime(tuple(looks)), draws=draws)


def _tested(differences: Floats) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(differences).sum(axis=1) >= FEWEST)


def _p(differences: Floats, shift: float) -> Floats:
    """min(1, 1/E) of each row for a truth of ``shift``; nan for a row of fewer than six values."""
    tested, found = _tested(differences), np.full(len(differences), math.nan)
    rows = differences[tested]
    found[tested] = np.minimum(1, 1 / e_value(t_statistic(rows, shift), np.isfinite(rows).sum(axis=1).astype(float)))
    return found

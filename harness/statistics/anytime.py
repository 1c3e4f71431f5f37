"""A test that holds whenever somebody looks, and however often: for units that were added without a plan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.statistics.equivalence import inward_t, is_skewed
from harness.statistics.joint import FEWEST, Draws, Floats, t_statistic
from harness.statistics.method import ALPHA, Tested, is_tested, over_family
from harness.statistics.unpaired import Pair


@dataclass(frozen=True)
class Anytime:
    """E-values of Student's t at every look so far, and intervals that hold at all of them together.

    ``looks``: the numbers of units at which somebody looked, in ascending order; the last is now, with all the units
    that are given. A unit that only some arms have counts, and one that none has does not.
    """

    looks: tuple[int, ...] = ()

    def test(self, differences: Floats, delta: float, draws: Draws) -> Tested:
        """By E-values: of no difference, the least 1/E of the looks; of δ or more, this look's; Holm over each.

        A look at which the difference pointed the other way does not count.
        """
        tested = is_tested(differences)
        t = t_statistic(differences)
        single = _p(differences, t)
        for look in self.looks[:-1]:
            earlier = differences[:, :look]
            then = t_statistic(earlier)
            single = np.where(np.sign(then) == np.sign(t), np.fmin(single, _p(earlier, then)), single)
        equivalent = np.full(len(differences), math.nan)
        rows = differences[tested]
        equivalent[tested] = np.where(is_skewed(rows), math.nan, _p(rows, np.maximum(inward_t(rows, delta), 0)))
        return Tested(single, over_family(single, tested), over_family(equivalent, tested))

    def test_unpaired(self, pairs: Sequence[Pair], delta: float, draws: Draws) -> tuple[Floats, Floats]:
        """There is no such test of independent scores."""
        return np.full(len(pairs), math.nan), np.full(len(pairs), math.nan)

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
    return np.exp(np.minimum(np.log(r) / 2 + n / 2 * log, 700.0))  # more is no number


def multiplier(n: Floats, alpha: float) -> Floats:
    """By how many standard errors the mean of n values may lie from a truth that is not left out; ∞ for any.

    It solves E_n = 1/α, and is ∞ while c·r ≥ 1, for n ≤ 4 at α = 0.05.
    """
    n = np.asarray(n, dtype=float)
    r = 1 / (n + 1)
    c = np.exp(-(2 * math.log(alpha) + np.log(r)) / n)
    exists = c * r < 1
    return np.where(exists, np.sqrt((n - 1) * (c - 1) / np.where(exists, 1 - c * r, 1.0)), math.inf)


def _p(differences: Floats, t: Floats) -> Floats:
    """min(1, 1/E) of the t of each row; nan for a row of fewer than six values.

    Identical differences have the p of sign flips at least, 2/2ⁿ.
    """
    n = np.isfinite(differences).sum(axis=1).astype(float)
    least = np.where(np.isinf(t), 2 / 2**n, 0.0)
    return np.where(is_tested(differences), np.clip(1 / e_value(t, n), least, 1), math.nan)

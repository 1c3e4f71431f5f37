"""Comparisons that are looked at more than once, since seeds are added in blocks until each is decided."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
import scipy  # whose modules are loaded when they are first used

from harness.statistics.comparison import Comparison
from harness.statistics.equivalence import inward_t, is_skewed, modified_t, unbiased_skewness
from harness.statistics.joint import FEWEST, Draws, Floats, t_statistic
from harness.statistics.method import ALPHA, Tested, is_tested, over_family
from harness.statistics.unpaired import Pair, welch_equivalence_p, welch_p

NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)


Spending = Callable[[float, float], float]
"""A spending function: (α, share of the seeds in [0, 1]) → the part of α that may be spent by then; α at share 1."""


def quadratic(alpha: float, share: float) -> float:
    """The spending function α·share²: the power family of Kim & DeMets (1987, Biometrika 74), ρ = 2."""
    return alpha * share**2


def looks_until(limit: int, block: int = FEWEST) -> tuple[int, ...]:
    """The numbers of seeds at which somebody looks at the verdicts: after every block, and at the limit."""
    return (*range(block, limit, block), limit)


def levels(alpha: float, looks: Sequence[int], spending: Spending = quadratic) -> list[float]:
    """The nominal two-sided level of each look: together the looks reject a true hypothesis with probability α.

    ``looks``: the number of seeds at each look.

    Lan & DeMets (1983, Biometrika 70): each look may spend what the spending function allows by its share of the seeds.
    The boundaries |Z_k| ≥ z_k follow from the recursion of Armitage, McPherson & Rowe (1969): the density of the score
    of those comparisons that go on, at Gauss–Legendre nodes.

    The default is the quadratic function, not O'Brien and Fleming's: with 5 looks at 6 … 30 seeds, the first level of
    theirs is 10⁻⁶, out of reach of 6 seeds, so that even Adam against SGD would wait for 12. The quadratic function has
    0.002; where the power is 0.7, it costs 2 points. Measured error rates: results/calibration.md.
    """
    nominal, spent, before = [], 0.0, 0.0
    scores, density = np.zeros(1), np.ones(1)  # of the score process, whose variance is the share of the seeds
    for seeds in looks:
        share = seeds / looks[-1]
        due, step = spending(alpha, share) - spent, math.sqrt(share - before)
        edge = scipy.optimize.brentq(partial(_excess, scores, density, step, due), 0, 40 * math.sqrt(share))
        inside = NODES * edge
        density = _normal((inside[:, None] - scores) / step) / step @ density * WEIGHTS * edge
        scores, spent, before = inside, spent + due, share
        nominal.append(float(2 * scipy.special.ndtr(-edge / math.sqrt(share))))
    return nominal


def adjusted_p(p: float, looks: Sequence[int], look: int) -> float:
    """The smallest α at which a p-value would be rejected at this look (a sequential p-value, Liu & Anderson 2008).

    Holm's correction over these p-values is the group-sequential Holm procedure of Maurer & Bretz (2013, Statistics in
    Biopharmaceutical Research 5): each hypothesis starts with levels(α/m), and a rejected one passes its α on. The
    result lies between 10⁻⁸ and 1.
    """
    if math.isnan(p):
        return p
    inverse = _inverses(tuple(looks))[look]
    least, most = inverse.x[0], inverse.x[-1]
    z = float(scipy.special.ndtri(p / 2))
    return 1.0 if z > most else float(2 * scipy.special.ndtr(inverse(max(z, least))))


@dataclass(frozen=True)
class Planned:
    """Looks that were planned before the first: each has a nominal level, which together spend α.

    ``looks``: the number of units at each look. ``look``: the place of the present one. Error rates hold whenever the
    study stops. Intervals are repeated confidence intervals (Jennison & Turnbull 1989), which all hold together. The
    p-values are the larger of Student's and the modified t's by the significance-level approach (Jennison & Turnbull
    2000, ch. 3 and 11), made sequential, with Holm's correction (Maurer & Bretz 2013); the 32 sign flips of 6 pairs
    cannot reach the first level. A verdict is that of the present numbers: a decision of an earlier look may be lost
    again, which costs power and no error.
    """

    looks: tuple[int, ...]
    look: int

    def test(self, differences: Floats, delta: float, draws: Draws) -> Tested:
        """The larger p of Student's and the modified t, made sequential; Holm over those, and over equivalence."""
        tested = is_tested(differences)
        rows, single, equivalent = differences[tested], *np.full((2, len(differences)), math.nan)
        single[tested], alone = (self._sequential_p(rows, t) for t in (_away(rows), inward_t(rows, delta)))
        equivalent[tested] = np.where(is_skewed(rows), math.nan, alone)
        return Tested(single, over_family(single, tested), over_family(equivalent, tested))

    def test_unpaired(self, pairs: Sequence[Pair], delta: float, draws: Draws) -> tuple[Floats, Floats]:
        """Welch's test and his two one-sided ones, made sequential."""
        different, equivalent = welch_p(pairs), np.minimum(1, 2 * welch_equivalence_p(pairs, delta))
        return self._sequential(different), self._sequential(equivalent)

    def level(self, alpha: float) -> float:
        """1 less the look's nominal level: intervals of all looks hold together with 1 − α."""
        return 1 - _nominal(self.looks, alpha)[self.look]

    def multiplier(self, n: Floats, alpha: float) -> Floats:
        """Student's quantile at the look's nominal level: of a repeated interval (Jennison & Turnbull 1989)."""
        return np.asarray(scipy.special.stdtrit(n - 1, 1 - _nominal(self.looks, alpha)[self.look] / 2))

    def claims(self, n: Floats, tests: int) -> Floats:
        """Student's quantile at the nominal level of the look at n units; ∞ where no look is planned."""
        nominal = dict(zip(self.looks, _nominal(self.looks, ALPHA / tests), strict=True))
        level = np.array([nominal.get(int(units), 0.0) for units in n])
        reached = scipy.special.stdtrit(np.maximum(n - 1, 1), 1 - level / 2)
        return np.where((n < FEWEST) | (level == 0), math.inf, reached)

    def equates(self, n: Floats, tests: int) -> Floats:
        """The same: the repeated interval lies within ±δ."""
        return self.claims(n, tests)

    def sizes(self, n: int, most: int) -> Sequence[int]:
        """The looks that are to come."""
        return [look for look in self.looks if n < look <= most]

    def _sequential_p(self, differences: Floats, t: Floats) -> Floats:
        """The sequential two-sided p of each row; of identical differences, from the p of sign flips, 2/2ⁿ."""
        n = np.isfinite(differences).sum(axis=1)
        nominal = np.where(t == math.inf, 2.0 ** (1 - n), np.minimum(1, 2 * scipy.special.stdtr(n - 1, -t)))
        return self._sequential(nominal)

    def _sequential(self, ps: Floats) -> Floats:
        return np.array([adjusted_p(float(p), self.looks, self.look) for p in ps])


def is_decided(comparisons: Sequence[Comparison]) -> bool:
    """Whether no comparison waits for more units.

    One without a unit, because an arm's whole search failed, is left out: more units would not help.
    """
    return not any(comparison.verdict.is_open for comparison in comparisons if comparison.difference.n)


def _away(differences: Floats) -> Floats:
    """The size of Student's t of each row or of the modified one, whichever is smaller; −∞ … 0 where they disagree.

    The skewness is the row's own or the mean over the rows, whichever makes less of the difference: arms of one study
    tend to share it, and a small sample seldom shows it.
    """
    t, n = t_statistic(differences), np.isfinite(differences).sum(axis=1)
    own = unbiased_skewness(differences)
    shared = own.mean() if len(own) else 0.0
    unfavourable = np.where(t > 0, np.minimum(own, shared), np.maximum(own, shared))
    modified = modified_t(t, unfavourable / np.sqrt(n))
    return np.asarray(np.sign(t) * np.where(t < 0, np.maximum(t, modified), np.minimum(t, modified)))


def _excess(scores: Floats, density: Floats, step: float, due: float, bound: float) -> float:
    """The probability of going on until this look and then leaving (−bound, bound), less ``due``, what may be spent."""
    outside = scipy.special.ndtr((scores - bound) / step) + scipy.special.ndtr((-bound - scores) / step)
    return float(density @ outside) - due


def _normal(z: Floats) -> Floats:
    return np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)


@lru_cache(maxsize=16)
def _inverses(looks: tuple[int, ...]) -> list[scipy.interpolate.PchipInterpolator]:
    """For each look, the function from the normal quantile of half its nominal level to that of half its α."""
    alphas = np.geomspace(1e-8, 0.999, 60)
    nominal = np.array([levels(float(alpha), looks) for alpha in alphas])
    return [
        scipy.interpolate.PchipInterpolator(row, scipy.special.ndtri(alphas / 2))
        for row in scipy.special.ndtri(nominal / 2).T
    ]


@lru_cache(maxsize=64)
def _nominal(looks: tuple[int, ...], alpha: float) -> list[float]:
    return levels(alpha, looks)

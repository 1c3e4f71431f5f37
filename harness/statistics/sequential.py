"""Comparisons that are looked at more than once, since seeds are added in blocks until each is decided."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache, partial

import numpy as np
import scipy  # whose modules are loaded when they are first used
from numpy.typing import NDArray

from harness.metric import Metric
from harness.statistics.comparison import Comparison, Sample, compare
from harness.statistics.estimates import t_test_p
from harness.statistics.verdict import ALPHA, FEWEST

NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)


Floats = NDArray[np.float64]


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


def decide(
    samples: Sequence[Sample],
    baseline: str | None,
    metric: Metric,
    delta: float | None,
    looks: Sequence[int],
    look: int,
) -> list[Comparison]:
    """``compare`` at a look (``look``: its place in ``looks``), with error rates that hold whenever the study stops.

    Intervals are repeated confidence intervals (Jennison & Turnbull 1989), at the look's nominal level: they all hold
    together with 95%, so that ``equivalent`` keeps its error too. The p-values are the paired t-test's (Welch's without
    pairs) by the significance-level approach (Jennison & Turnbull 2000, ch. 3 and 11), made sequential; the 64 sign
    flips of 6 pairs cannot reach the first level. A verdict is that of the present numbers: a decision of an earlier
    look may be lost again, which costs power and no error. Without a given δ, each look estimates it anew.
    """
    adjust = partial(adjusted_p, looks=looks, look=look)
    return compare(samples, baseline, metric, delta, level=_level(tuple(looks), look), test=t_test_p, adjust=adjust)


def is_decided(comparisons: Sequence[Comparison]) -> bool:
    """Whether the verdict of every comparison is settled, so that no more seeds are wanted.

    A comparison without a score, because an arm's whole search failed, is left out: more seeds would not help.
    """
    return all(comparison.verdict.settles for comparison in comparisons if comparison.difference.n)


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


@lru_cache(maxsize=16)
def _level(looks: tuple[int, ...], look: int) -> float:
    """The confidence level of the repeated interval at a look (``look``: its place in ``looks``)."""
    return 1 - levels(ALPHA, looks)[look]

"""Intervals, exact tests and sample sizes, thin over scipy.

An undefined number, as the spread of one value, is nan: no function here raises or warns.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy  # whose modules are loaded when they are first used
from numpy.typing import NDArray

EXACT = 36
"""Differences up to which the sign-flip test counts all 2ⁿ flips, as two halves of 2ⁿᐟ² sums each."""


MOST_SEEDS = 1_000_000
"""Numbers of seeds above this are given as None."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The mean of ``n`` values with its t interval from ``low`` to ``high``; ``sd``: sample standard deviation.

    Interval and ``sd`` are nan for fewer than two values; all numbers but ``n`` are nan if a value is not finite.
    """

    n: int
    mean: float
    low: float
    high: float
    sd: float


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The mean of a − b with its t interval from ``low`` to ``high``, and the p-value of no difference.

    ``n``: number of pairs; for scores that are not paired, the smaller of the two numbers of scores. ``sd``: standard
    deviation of the paired differences. ``sd_unpaired``: √(s_a² + s_b²). ``r``: Pearson's correlation of a and b.
    Scores that are not paired have neither ``sd`` nor ``r``. An undefined number is nan.
    """

    n: int
    mean: float
    low: float
    high: float
    sd: float
    p: float
    r: float
    sd_unpaired: float
    paired: bool

    @property
    def negated(self) -> Difference:
        """The difference b − a."""
        return replace(self, mean=-self.mean, low=-self.high, high=-self.low)


@dataclass(frozen=True, kw_only=True)
class Proportion:
    """A proportion and its 95% interval, all in [0, 1]; nan if there is nothing to count."""

    value: float
    low: float
    high: float


def estimate(values: Sequence[float], level: float = 0.95) -> Estimate:
    """The mean with Student's interval, x̄ ± t((1 + level)/2, n−1)·s/√n; nan as the interval of a single value."""
    n = len(values)
    mean = float(np.mean(values)) if n and np.isfinite(values).all() else math.nan
    sd = _sd(values)
    half = t_quantile((1 + level) / 2, n - 1) * sd / math.sqrt(n) if n > 1 else math.nan
    return Estimate(n=n, mean=mean, low=mean - half, high=mean + half, sd=sd)


def sign_flip_p(differences: Sequence[float]) -> float:
    """Two-sided p of the mean under all flips of signs; the smallest that n pairs can reach is 2/2ⁿ.

    Exact up to n = 36, by sorting the sums of either half (scipy enumerates 2ⁿ rows, and resamples from n = 14 on);
    above that scipy's resampling, seeded. Sums that agree within 1e-9 of Σ|d| are ties.
    """
    d = np.asarray(differences, dtype=float)
    if not len(d) or not np.isfinite(d).all():
        return math.nan
    if len(d) > EXACT:
        flips = scipy.stats.permutation_test((d,), np.mean, permutation_type="samples", rng=np.random.default_rng(0))
        return float(flips.pvalue)
    first, second = (_signed_sums(half) for half in np.array_split(d, 2))
    threshold = float(abs(d.sum()) - 1e-9 * np.abs(d).sum())
    reached = len(second) * len(first) - int(np.searchsorted(second, threshold - first).sum())
    return float(min(1, reached / 2 ** (len(d) - 1)))


def t_test_p(differences: Sequence[float]) -> float:
    """Two-sided p of Student's paired t-test; if all differences are equal, its limit: 1 if they are 0, else 0."""
    whole = estimate(differences)
    if whole.sd == 0:
        return float(whole.mean == 0)
    return t_p(whole.mean / whole.sd * math.sqrt(whole.n), whole.n - 1)


def paired(
    a: Sequence[float], b: Sequence[float], level: float = 0.95, test: Callable[[Sequence[float]], float] = sign_flip_p
) -> Difference:
    """The difference of scores that stand in pairs, a_i and b_i at the same seed index; ``test``: differences → p."""
    differences = [x - y for x, y in zip(a, b, strict=True)]
    whole, sd_a, sd_b = estimate(differences, level), _sd(a), _sd(b)
    return Difference(
        n=whole.n,
        mean=whole.mean,
        low=whole.low,
        high=whole.high,
        sd=whole.sd,
        p=test(differences),
        r=_pearson(a, b, sd_a, sd_b),
        sd_unpaired=math.hypot(sd_a, sd_b),
        paired=True,
    )


def welch(a: Sequence[float], b: Sequence[float], level: float = 0.95) -> Difference:
    """The difference of independent scores of unequal spread: Welch's t, degrees of freedom by Satterthwaite."""
    mean = estimate(a).mean - estimate(b).mean
    half, p = math.nan, math.nan
    squares = [_sd(values) ** 2 / max(len(values), 1) for values in (a, b)]
    error = math.sqrt(sum(squares))
    if error == 0:  # two constants: the limit of a vanishing spread
        half, p = 0.0, float(mean == 0)
    elif math.isfinite(error):
        shares = [square / sum(squares) for square in squares]
        freedom = 1 / sum(share**2 / (len(values) - 1) for share, values in zip(shares, (a, b), strict=True))
        half, p = t_quantile((1 + level) / 2, freedom) * error, t_p(mean / error, freedom)
    return Difference(
        n=min(len(a), len(b)),
        mean=mean,
        low=mean - half,
        high=mean + half,
        sd=math.nan,
        p=p,
        r=math.nan,
        sd_unpaired=math.hypot(_sd(a), _sd(b)),
        paired=False,
    )


def interaction(y11: Sequence[float], y12: Sequence[float], y21: Sequence[float], y22: Sequence[float]) -> Difference:
    """By how much the level of one choice changes the effect of another: (y11 − y12) − (y21 − y22), seed by seed.

    ``yij``: scores at the i-th level of the first choice and the j-th of the second, in the order of the seeds.
    """
    first, second = ([x - y for x, y in zip(*pair, strict=True)] for pair in ((y11, y12), (y21, y22)))
    return paired(first, second)


def holm(ps: Sequence[float]) -> list[float]:
    """p-values after Holm's step-down adjustment, in the order given. A nan stays nan, and still counts as a test."""
    adjusted, largest = [math.nan] * len(ps), 0.0
    for rank, place in enumerate(sorted((i for i, p in enumerate(ps) if not math.isnan(p)), key=lambda i: ps[i])):
        largest = max(largest, min(1.0, (len(ps) - rank) * ps[place]))
        adjusted[place] = largest
    return adjusted


def probability_better(a: Sequence[float], b: Sequence[float], *, shared: bool = True) -> Proportion:
    """P(a > b) with half of the ties, and Wilson's 95% interval.

    With ``shared`` seeds, P is taken over the pairs. Else it is taken over all a_i and b_j, with the interval of
    min(n_a, n_b) pairs: wide enough, as the variance is at most p(1 − p)/min(n_a, n_b) (Birnbaum & Klose 1957).
    """
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    n = min(len(x), len(y))
    if not n or not np.isfinite([*x, *y]).all():
        return Proportion(value=math.nan, low=math.nan, high=math.nan)
    gap = x - y if shared else np.subtract.outer(x, y)
    value = float(np.mean((np.sign(gap) + 1) / 2))
    z2 = float(scipy.special.ndtri(0.975)) ** 2
    centre = (value + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(value * (1 - value) * z2 / n + z2**2 / (4 * n**2)) / (1 + z2 / n)
    return Proportion(value=value, low=max(0.0, centre - half), high=min(1.0, centre + half))


def iqm(values: Sequence[float]) -> float:
    """The interquartile mean: the mean of the values between the quartiles."""
    return float(scipy.stats.trim_mean(values, 0.25)) if len(values) and np.isfinite(values).all() else math.nan


def seeds_needed(sd: float, delta: float) -> int | None:
    """The smallest N ≥ ((t₀.₉₇₅ + t₀.₈)·sd/δ)², t at N − 1: paired t-tests then find a difference of δ with power 0.8.

    None if there is no such number up to ``MOST_SEEDS``.
    """
    if not (delta > 0 and sd >= 0) or sd / delta > math.sqrt(MOST_SEEDS) / 3:
        return None
    normal = float(scipy.special.ndtri(0.975) + scipy.special.ndtri(0.8))
    n = max(2, math.ceil((normal * sd / delta) ** 2))
    while detectable(sd, n) > delta:
        n += 1
    return n


def detectable(sd: float, n: int) -> float:
    """The smallest difference that n pairs find with 80% power: (t₀.₉₇₅ + t₀.₈)·sd/√n; nan below two pairs."""
    return (t_quantile(0.975, n - 1) + t_quantile(0.8, n - 1)) * sd / math.sqrt(n) if n > 1 else math.nan


def expected_best(scores: Sequence[float]) -> list[float]:
    """The tuning curve: the expected highest of k scores drawn without replacement, for k = 1 … N. Higher is better.

    The j-th highest of N is the highest of k with probability C(N−j, k−1)/C(N, k), here as a product of ratios.
    """
    n, falling = len(scores), np.sort(np.asarray(scores, dtype=float))[::-1]
    if not np.isfinite(falling).all():
        return [math.nan] * n
    left = n - np.arange(n)
    best = []
    for k in range(1, n + 1):
        ratios = np.clip(left[1:] - k + 1, 0, None) / left[1:]
        best.append(float(k / n * np.cumprod([1.0, *ratios]) @ falling))
    return best


def t_quantile(level: float, freedom: float) -> float:
    """The quantile of Student's t at ``level`` in (0, 1), with ``freedom`` degrees of freedom."""
    return float(scipy.special.stdtrit(freedom, level))


def t_p(t: float, freedom: float) -> float:
    """The two-sided p of a t statistic with ``freedom`` degrees of freedom."""
    return float(2 * scipy.special.stdtr(freedom, -abs(t)))


def _sd(values: Sequence[float]) -> float:
    if len(values) < 2 or not np.isfinite(values).all():
        return math.nan
    return (
        0.0 if min(values) == max(values) else float(np.std(values, ddof=1))
    )  # rounding would leave 1e-17 of a constant


def _pearson(a: Sequence[float], b: Sequence[float], sd_a: float, sd_b: float) -> float:
    if not (sd_a > 0 and sd_b > 0):
        return math.nan
    x, y = ((np.asarray(values) - np.mean(values)) / sd for values, sd in ((a, sd_a), (b, sd_b)))
    return float(np.clip(x @ y / (len(a) - 1), -1, 1))


def _signed_sums(d: NDArray[np.float64]) -> NDArray[np.float64]:
    """Σ ±d_i over all signs, in ascending order; shape (2ⁿ,)."""
    sums = np.zeros(1)
    for size in np.abs(d):
        sums = np.sort(np.concatenate([sums - size, sums + size]), kind="stable")  # merges two sorted runs
    return sums

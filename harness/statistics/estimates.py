"""Intervals, proportions and the power of a t-test, thin over scipy.

An undefined number, as the spread of one value, is nan: no function here raises or warns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy  # whose modules are loaded when they are first used

ROUNDING = 16 * float(np.finfo(float).eps)
"""What arithmetic on a few numbers may leave of a difference that is none, in units of the largest of them."""

FEWEST_FOR_INTERVAL = 4
"""Values below which an interval says less than they do themselves: t's 95% interval of two is 25 errors wide."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The mean of ``n`` values with its t interval from ``low`` to ``high``; ``sd``: sample standard deviation.

    The interval is nan for fewer than four values, ``sd`` for fewer than two; all numbers but ``n`` are nan if a value
    is not finite.
    """

    n: int
    mean: float
    low: float
    high: float
    sd: float


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The mean of a − b with its interval from ``low`` to ``high``, and the p-value of no difference for it alone.

    ``n``: number of pairs; for scores that are not paired, the smaller of the two numbers of scores. ``sd``: standard
    deviation of the paired differences. ``sd_unpaired``: √(s_a² + s_b²). ``r``: Pearson's correlation of a and b.
    Scores that are not paired have neither ``sd`` nor ``r``. An undefined number is nan, p where nothing was tested.
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


@dataclass(frozen=True)
class Interval:
    """From ``low`` to ``high``; nan where there is none."""

    low: float
    high: float

    @property
    def negated(self) -> Interval:
        """The interval of the quantity with its sign turned."""
        return Interval(-self.high, -self.low)


@dataclass(frozen=True, kw_only=True)
class Proportion:
    """A proportion and its 95% interval, all in [0, 1]; nan if there is nothing to count."""

    value: float
    low: float
    high: float


def estimate(values: Sequence[float], level: float = 0.95) -> Estimate:
    """The mean with Student's interval, x̄ ± t((1 + level)/2, n−1)·s/√n, from four values on."""
    n = len(values)
    mean = float(np.mean(values)) if n and np.isfinite(values).all() else math.nan
    sd = _sd(values)
    half = t_quantile((1 + level) / 2, n - 1) * sd / math.sqrt(n) if n >= FEWEST_FOR_INTERVAL else math.nan
    return Estimate(n=n, mean=mean, low=mean - half, high=mean + half, sd=sd)


def paired(a: Sequence[float], b: Sequence[float], level: float = 0.95, p: float = math.nan) -> Difference:
    """The difference of scores that stand in pairs, a_i and b_i of one unit, with Student's interval."""
    whole, sd_a, sd_b = estimate(gaps(a, b), level), _sd(a), _sd(b)
    return Difference(
        n=whole.n,
        mean=whole.mean,
        low=whole.low,
        high=whole.high,
        sd=whole.sd,
        p=p,
        r=_pearson(a, b, sd_a, sd_b),
        sd_unpaired=math.hypot(sd_a, sd_b),
        paired=True,
    )


def gaps(a: Sequence[float], b: Sequence[float]) -> list[float]:
    """a_i − b_i. Where they are all one number but for rounding, as 0.7 − 0.6 and 0.2 − 0.1 are, they are that number.

    Else rounding would pass for a spread, beside which any difference is large.
    """
    return settled([x - y for x, y in zip(a, b, strict=True)], scale_of(*a, *b))


def settled(values: Sequence[float], scale: float) -> list[float]:
    """Values, or one of them for all where they differ by no more than numbers of that ``scale`` are rounded by."""
    if not len(values) or not max(values) - min(values) <= ROUNDING * scale:
        return list(values)
    middle = sorted(values)[len(values) // 2]
    return [0.0 if abs(middle) <= ROUNDING * scale else middle] * len(values)


def scale_of(*values: float) -> float:
    """The largest absolute value."""
    return max(map(abs, values), default=0.0)


def mean_gap(a: Sequence[float], b: Sequence[float]) -> float:
    """The difference of the means of independent scores; 0 where it is no more than their rounding."""
    return settled([estimate(a).mean - estimate(b).mean], scale_of(*a, *b))[0]


def welch(a: Sequence[float], b: Sequence[float], level: float = 0.95) -> Difference:
    """The difference of independent scores of unequal spread: Welch's t, degrees of freedom by Satterthwaite.

    The interval is nan for fewer than four scores of either.
    """
    mean = mean_gap(a, b)
    error, freedom = welch_error(a, b)
    half = t_quantile((1 + level) / 2, freedom) * error if error else 0.0
    if min(len(a), len(b)) < FEWEST_FOR_INTERVAL:
        half = math.nan
    return Difference(
        n=min(len(a), len(b)),
        mean=mean,
        low=mean - half,
        high=mean + half,
        sd=math.nan,
        p=t_p(ratio(mean, error), freedom),
        r=math.nan,
        sd_unpaired=math.hypot(_sd(a), _sd(b)),
        paired=False,
    )


def welch_error(a: Sequence[float], b: Sequence[float]) -> tuple[float, float]:
    """The standard error of the difference of two means, and Satterthwaite's degrees of freedom.

    Two constants have an error of 0 and, as the limit of a vanishing spread, infinitely many degrees of freedom.
    """
    squares = [_sd(values) ** 2 / max(len(values), 1) for values in (a, b)]
    error = math.sqrt(sum(squares))
    if not error > 0:
        return error, math.nan if math.isnan(error) else math.inf
    shares = [square / sum(squares) for square in squares]
    return error, 1 / sum(share**2 / (len(values) - 1) for share, values in zip(shares, (a, b), strict=True))


def ratio(above: float, below: float) -> float:
    """above/below; where ``below`` is 0, its limit: ±∞, or 0 where ``above`` is 0 too."""
    if below == 0:
        return math.copysign(math.inf, above) if above else 0.0
    return above / below


def holm(ps: Sequence[float]) -> list[float]:
    """p-values after Holm's step-down adjustment, in the order given. A nan stays nan, and still counts as a test."""
    adjusted, largest = [math.nan] * len(ps), 0.0
    for rank, place in enumerate(sorted((i for i, p in enumerate(ps) if not math.isnan(p)), key=lambda i: ps[i])):
        largest = max(largest, min(1.0, (len(ps) - rank) * ps[place]))
        adjusted[place] = largest
    return adjusted


def clopper_pearson(count: float, of: int) -> Proportion:
    """A proportion with Clopper and Pearson's 95% interval (1934, Biometrika 26), which covers in 95% or more.

    A ``count`` with a half, as of ties, takes the lower end of the whole number below it and the upper end of that
    above.
    """
    if not of:
        return Proportion(value=math.nan, low=math.nan, high=math.nan)
    below, above = math.floor(count), math.ceil(count)
    low = float(scipy.special.betaincinv(below, of - below + 1, 0.025)) if below > 0 else 0.0
    high = float(scipy.special.betaincinv(above + 1, of - above, 0.975)) if above < of else 1.0
    return Proportion(value=count / of, low=low, high=high)


def probability_better(a: Sequence[float], b: Sequence[float], *, shared: bool = True) -> Proportion:
    """P(a > b) with half of the ties, and Clopper and Pearson's 95% interval.

    With ``shared`` units, P is taken over the pairs. Else it is taken over all a_i and b_j, with the interval of
    min(n_a, n_b) pairs: wide enough, as the variance is at most p(1 − p)/min(n_a, n_b) (Birnbaum & Klose 1957).
    """
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    n = min(len(x), len(y))
    if not n or not np.isfinite([*x, *y]).all():
        return Proportion(value=math.nan, low=math.nan, high=math.nan)
    gap = np.array(gaps(a, b)) if shared else np.subtract.outer(x, y)
    value = float(np.mean((np.sign(gap) + 1) / 2))
    return replace(clopper_pearson(round(value * n, 9), n), value=value)


def iqm(values: Sequence[float]) -> float:
    """The interquartile mean: the mean of the values between the quartiles."""
    if not len(values) or not np.isfinite(values).all():
        return math.nan
    cut = len(values) // 4
    # Partitioned, not sorted, as scipy.stats.trim_mean does it: another order could round otherwise.
    return float(np.mean(np.partition(values, (cut, len(values) - cut - 1))[cut : len(values) - cut]))


def expected_best(scores: Sequence[float], sizes: Sequence[int] | None = None) -> list[float]:
    """The tuning curve: the expected highest of k scores drawn without replacement. Higher is better.

    ``sizes``: the numbers k, from 1 to N; all of them where None is.

    The j-th highest of N is the highest of k with probability C(N−j, k−1)/C(N, k), here as a product of ratios.
    """
    n, falling = len(scores), np.sort(np.asarray(scores, dtype=float))[::-1]
    sizes = range(1, n + 1) if sizes is None else sizes
    if not np.isfinite(falling).all():
        return [math.nan] * len(sizes)
    left = n - np.arange(n)
    best = []
    for k in sizes:
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
    if max(values) - min(values) <= ROUNDING * scale_of(*values):
        return 0.0  # rounding would leave 1e-17 of a constant
    return float(np.std(values, ddof=1))


def _pearson(a: Sequence[float], b: Sequence[float], sd_a: float, sd_b: float) -> float:
    if not (sd_a > 0 and sd_b > 0):
        return math.nan
    x, y = ((np.asarray(values) - np.mean(values)) / sd for values, sd in ((a, sd_a), (b, sd_b)))
    return float(np.clip(x @ y / (len(a) - 1), -1, 1))

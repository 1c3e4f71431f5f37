"""Intervals for means and for paired differences: thin over scipy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean of ``n`` values with its 95% t interval, and their sample standard deviation; nan where n is too small."""

    n: int
    mean: float
    low: float
    high: float
    sd: float


def estimate(values: Sequence[float]) -> Estimate:
    """x̄ ± t(0.975, n−1)·s/√n. One value has no interval."""
    n = len(values)
    if n == 0:
        return Estimate(n=0, mean=math.nan, low=math.nan, high=math.nan, sd=math.nan)
    mean = float(np.mean(values))
    if n == 1:
        return Estimate(n=1, mean=mean, low=math.nan, high=math.nan, sd=math.nan)
    sd = float(np.std(values, ddof=1))
    half = float(stats.t.ppf(0.975, n - 1)) * sd / math.sqrt(n)
    return Estimate(n=n, mean=mean, low=mean - half, high=mean + half, sd=sd)


def paired_difference(values: Sequence[float], baseline: Sequence[float]) -> Estimate:
    """Of values_i − baseline_i, where i is a seed index that both share."""
    return estimate([a - b for a, b in zip(values, baseline, strict=True)])

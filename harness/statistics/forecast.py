"""How many units would settle a comparison, and which difference a number of units can find."""

from __future__ import annotations

import math

import numpy as np
import scipy  # whose modules are loaded when they are first used

from harness.statistics.estimates import Difference
from harness.statistics.joint import FEWEST, Floats
from harness.statistics.method import FIXED, Method

MOST_UNITS = 1_000
"""Units above which no number is forecast: the difference lies too near δ, or one arm scatters too much."""


WANTED = 0.8
"""The probability of a settled verdict that a forecast is about, and the power of ``detectable``."""


def units_to_settle(
    difference: Difference, delta: float, tests: int, method: Method = FIXED, draws: int = 1_000
) -> int | None:
    """The least number of units, more than there are, that settles the verdict with 80% probability; None above 1,000.

    Truths are drawn from the posterior under a flat prior, σ² = ν s²/χ²_ν and μ ~ N(d̄, σ²/n), and the units to come
    from each; what was measured counts on. The tests are approximated by t with their fewest units, at α/m: how far the
    number holds is measured in results/calibration.md.
    """
    n, sd = difference.n, difference.sd if difference.paired else difference.sd_unpaired
    if n < 2 or not (sd > 0 and math.isfinite(difference.mean)):
        return None
    sizes = np.array(method.sizes(n, MOST_UNITS), dtype=float)
    if not len(sizes):
        return None
    claims, equates = method.claims(sizes, tests), method.equates(sizes, tests)
    normal = np.random.default_rng(n).normal(size=(3, draws))
    spread = sd * np.sqrt((n - 1) / _chi_square(np.array(float(n - 1)), normal[0]))
    truth = difference.mean + spread / math.sqrt(n) * normal[1]
    shares = np.empty(len(sizes))
    for part in np.array_split(np.arange(len(sizes)), -(-len(sizes) // 64)):
        size, more = sizes[part, None], sizes[part, None] - n
        new = truth + spread / np.sqrt(more) * normal[2]
        rng = np.random.default_rng([n, 1])
        fresh = spread**2 * _chi_square(more - 1, rng.normal(size=draws)) * (more > 1)
        mean = (n * difference.mean + more * new) / size
        squares = (n - 1) * sd**2 + fresh + n * more / size * (difference.mean - new) ** 2
        error = np.sqrt(squares / (size - 1) / size)
        settled = (np.abs(mean) >= claims[part, None] * error) | (delta - np.abs(mean) >= equates[part, None] * error)
        shares[part] = settled.mean(axis=1)
        if (shares[part] >= WANTED).any():
            return int(sizes[part][shares[part] >= WANTED][0])
    return None


def detectable(sd: float, n: int, tests: int = 1, method: Method = FIXED) -> float:
    """The smallest difference that n units find with 80% power, in a family of so many tests; nan below six units.

    ``sd``: standard deviation of the paired differences, or √(s_a² + s_b²) of n scores each.
    """
    if n < FEWEST or math.isnan(sd):
        return math.nan
    edge = float(method.claims(np.array([float(n)]), tests)[0])
    if not math.isfinite(edge):
        return math.nan
    return float(scipy.special.nctdtrinc(n - 1, 1 - WANTED, edge)) * sd / math.sqrt(n)


def _chi_square(freedom: Floats, normal: Floats) -> Floats:
    """Wilson and Hilferty's chi square with so many degrees of freedom, at a normal quantile."""
    safe = np.maximum(freedom, 1)
    return np.asarray(safe * np.maximum(1 - 2 / (9 * safe) + normal * np.sqrt(2 / (9 * safe)), 1e-3) ** 3)

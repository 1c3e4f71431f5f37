"""How many units would settle a comparison, and which difference a number of units can find."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import scipy  # whose modules are loaded when they are first used

from harness.statistics.estimates import Difference
from harness.statistics.joint import FEWEST, Floats
from harness.statistics.method import FIXED, Method

MOST_UNITS = 1_000
"""Units above which no number is forecast: the difference lies too near δ, or one arm scatters too much."""


WANTED = 0.8
"""The probability of a settled verdict that a forecast is about, and the power of ``detectable``."""


STEP = 1.25
"""The factor between sizes that are tried before those between two of them are."""


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
    sizes = method.sizes(n, MOST_UNITS)
    normal = np.random.default_rng(n).normal(size=(4, draws))
    spread = sd * np.sqrt((n - 1) / _chi_square(n - 1, normal[0]))
    truth = difference.mean + spread / math.sqrt(n) * normal[1]

    def settles(place: int) -> bool:
        size = sizes[place]
        more = size - n
        new = truth + spread / math.sqrt(more) * normal[2]
        fresh = spread**2 * _chi_square(more - 1, normal[3]) if more > 1 else 0.0
        mean = (n * difference.mean + more * new) / size
        squares = (n - 1) * sd**2 + fresh + n * more / size * (difference.mean - new) ** 2
        error, at = np.sqrt(squares / (size - 1) / size), np.array([float(size)])
        claimed = np.abs(mean) >= method.claims(at, tests) * error
        equated = delta - np.abs(mean) >= method.equates(at, tests) * error
        return float((claimed | equated).mean()) >= WANTED

    place = _first(settles, len(sizes))
    return None if place is None else int(sizes[place])


def detectable(sd: float, n: int, tests: int = 1, method: Method = FIXED) -> float:
    """The smallest difference that n units find with 80% power by t at α/m, of m tests; nan below six units.

    The joint test finds it less often where units are few: results/calibration.md.

    ``sd``: standard deviation of the paired differences, or √(s_a² + s_b²) of n scores each.
    """
    if n < FEWEST or math.isnan(sd):
        return math.nan
    edge = float(method.claims(np.array([float(n)]), tests)[0])
    if not math.isfinite(edge):
        return math.nan
    return float(scipy.special.nctdtrinc(n - 1, 1 - WANTED, edge)) * sd / math.sqrt(n)


def _first(is_true: Callable[[int], bool], count: int) -> int | None:
    """The first of so many places at which it is true, if it stays so; found in steps that grow, then by halves."""
    before, place = -1, 0
    while place < count and not is_true(place):
        before = place
        place = max(place + 1, int(place * STEP))
        if before < count - 1:
            place = min(place, count - 1)
    if place >= count:
        return None
    while place - before > 1:
        middle = (before + place) // 2
        before, place = (before, middle) if is_true(middle) else (middle, place)
    return place


def _chi_square(freedom: int, normal: Floats) -> Floats:
    """Wilson and Hilferty's chi square with so many degrees of freedom, at a normal quantile."""
    part = 2 / (9 * freedom)
    return np.asarray(freedom * np.maximum(1 - part + normal * math.sqrt(part), 1e-3) ** 3)

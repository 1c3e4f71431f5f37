"""How many units would settle a comparison, and which difference a number of units can find."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy  # whose modules are loaded when they are first used

from harness.statistics.estimates import Difference
from harness.statistics.joint import FEWEST, Floats
from harness.statistics.method import FIXED, Method

MOST_UNITS = 1_000
"""Units above which no number is forecast: the difference lies too near δ, or one arm scatters too much."""


WANTED = 0.8
"""The probability of a settled verdict that a forecast is about, and the power of ``detectable``."""


TRUTHS = np.linspace(-1, 1, 17)
"""The true differences among which the worst is sought, in δ; one beyond ±δ is settled sooner than δ."""


PLAUSIBLE = 0.95
"""The level of the interval that must hold a true difference which is to be thought of."""


STEP = 1.25
"""The factor between sizes that are tried before those between two of them are."""


@dataclass(frozen=True)
class Forecast:
    """How many units, more than there are, settle a verdict with 80% probability; None where no number tried does.

    ``units``: averaged over what the true difference may be, by what was measured. ``at_worst``: whichever it is of
    those in its 95% interval, so that one that lies farthest from both answers, near δ/2, is settled too.
    """

    units: int | None = None
    at_worst: int | None = None


def units_to_settle(
    difference: Difference, delta: float, tests: int, method: Method = FIXED, draws: int = 1_000
) -> Forecast:
    """The least number of units, up to 1,000, that settles the verdict with 80% probability, on average and at worst.

    Truths are drawn from the posterior under a flat prior, σ² = ν s²/χ²_ν and μ ~ N(d̄, σ²/n), and the units to come
    from each; what was measured counts on. At worst, μ is the one of 0, ±δ/8, … ±δ that is settled least often, of
    those in the 95% interval of what was measured, with σ drawn as before. The tests are approximated by t with their
    fewest units, at α/m: how far the numbers hold is measured in results/calibration.md.
    """
    n, sd = difference.n, difference.sd if difference.paired else difference.sd_unpaired
    if n < 2 or not (sd > 0 and math.isfinite(difference.mean)):
        return Forecast()
    sizes = method.sizes(n, MOST_UNITS)
    normal = np.random.default_rng(n).normal(size=(4, draws))
    spread = sd * np.sqrt((n - 1) / _chi_square(n - 1, normal[0]))
    likely = (difference.mean + spread / math.sqrt(n) * normal[1])[None]
    reach = float(scipy.special.stdtrit(n - 1, (1 + PLAUSIBLE) / 2)) * sd / math.sqrt(n)
    fixed = delta * TRUTHS[np.abs(delta * TRUTHS - difference.mean) <= reach][:, None]

    def settles(truths: Floats, place: int) -> bool:
        size = sizes[place]
        more = size - n
        new = truths + spread / math.sqrt(more) * normal[2]
        fresh = spread**2 * _chi_square(more - 1, normal[3]) if more > 1 else 0.0
        mean = (n * difference.mean + more * new) / size
        squares = (n - 1) * sd**2 + fresh + n * more / size * (difference.mean - new) ** 2
        error, at = np.sqrt(squares / (size - 1) / size), np.array([float(size)])
        claimed = np.abs(mean) >= method.claims(at, tests) * error
        equated = delta - np.abs(mean) >= method.equates(at, tests) * error
        return bool((claimed | equated).mean(axis=1).min() >= WANTED)

    place = _first(partial(settles, likely), len(sizes))
    if place is None:
        return Forecast()
    worst = _first(partial(settles, fixed), len(sizes), place) if len(fixed) else place
    return Forecast(int(sizes[place]), None if worst is None else int(sizes[worst]))


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


def _first(is_true: Callable[[int], bool], count: int, start: int = 0) -> int | None:
    """The first of the places from ``start`` to ``count`` at which it is true, if it stays so.

    It is found in steps that grow, then by halves.
    """
    before, place = start - 1, start
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

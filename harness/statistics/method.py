"""How a family of comparisons is tested: with a fixed number of units, which is all that the others are variants of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy  # whose modules are loaded when they are first used

from harness.statistics.equivalence import bootstrap_welch_p, equivalence_p, welch_equivalence_p
from harness.statistics.estimates import holm, welch
from harness.statistics.joint import FEWEST, Draws, Floats, joint_test

ALPHA = 0.05
"""The level of every test, over the whole family of comparisons."""


@dataclass(frozen=True)
class Tested:
    """p-values of a family, in its order; nan where nothing was tested.

    ``single``: of no difference, each comparison for itself. ``adjusted``: over the family. ``equivalent``: of a
    difference of δ or more in either direction, over the family.
    """

    single: Floats
    adjusted: Floats
    equivalent: Floats


class Method(Protocol):
    """A way to test and to estimate whose error rates hold together."""

    def test(self, differences: Floats, delta: float, draws: Draws) -> Tested:
        """p-values of (m, n) paired differences, a row for each comparison, nan where a unit is lacking."""

    def test_unpaired(self, a: Sequence[float], b: Sequence[float], delta: float, draws: Draws) -> tuple[float, float]:
        """The p of no difference, and of one of δ or more in either direction, of independent scores."""

    def level(self, alpha: float) -> float:
        """The confidence level of an ordinary t interval that keeps the error ``alpha``; nan where there is none."""

    def multiplier(self, n: Floats, alpha: float) -> Floats:
        """Half of the interval of n paired differences, in standard errors, with the error ``alpha``; ∞ for none."""

    def claims(self, n: Floats, tests: int) -> Floats:
        """About the |t| at which n units claim a difference, in a family of so many tests: for forecasts."""

    def equates(self, n: Floats, tests: int) -> Floats:
        """About the standard errors that the mean must lie within ±δ for ``equivalent``: for forecasts."""

    def sizes(self, n: int, most: int) -> Sequence[int]:
        """The numbers of units above n, up to ``most``, at which there may be a verdict."""


@dataclass(frozen=True)
class Fixed:
    """One look, at a number of units that does not depend on the scores: the joint tests, and Student's intervals."""

    def test(self, differences: Floats, delta: float, draws: Draws) -> Tested:
        """The joint test; Holm over the equivalence tests."""
        found = joint_test(differences, draws)
        tested = np.isfinite(found.single)
        equivalent = np.full(len(differences), math.nan)
        alone = equivalence_p(differences[tested], delta, found.resampled[tested])
        equivalent[tested] = holm([float(p) for p in alone])
        return Tested(found.single, found.adjusted, equivalent)

    def test_unpaired(self, a: Sequence[float], b: Sequence[float], delta: float, draws: Draws) -> tuple[float, float]:
        """The larger p of Welch's test and its bootstrap; Welch's two one-sided tests."""
        if min(len(a), len(b)) < FEWEST:
            return math.nan, math.nan
        return max(welch(a, b).p, bootstrap_welch_p(a, b, draws.bootstrap)), welch_equivalence_p(a, b, delta)

    def level(self, alpha: float) -> float:
        """1 − α."""
        return 1 - alpha

    def multiplier(self, n: Floats, alpha: float) -> Floats:
        """Student's quantile."""
        return np.asarray(scipy.special.stdtrit(n - 1, 1 - alpha / 2))

    def claims(self, n: Floats, tests: int) -> Floats:
        """Student's quantile at α/m, with the test's floor."""
        return np.where(n < FEWEST, math.inf, self.multiplier(n, ALPHA / tests))

    def equates(self, n: Floats, tests: int) -> Floats:
        """Student's one-sided quantile at α/m."""
        return np.where(n < FEWEST, math.inf, self.multiplier(n, 2 * ALPHA / tests))

    def sizes(self, n: int, most: int) -> Sequence[int]:
        """All of them."""
        return range(max(n + 1, FEWEST), most + 1)


FIXED = Fixed()

"""How a family of comparisons is tested: with a fixed number of units, which is all that the others are variants of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import scipy  # whose modules are loaded when they are first used
from numpy.typing import NDArray

from harness.statistics.equivalence import equivalence_p
from harness.statistics.estimates import holm
from harness.statistics.joint import FEWEST, Draws, Floats, joint_test
from harness.statistics.unpaired import Pair, unpaired_p

ALPHA = 0.05
"""The level of every test, over the whole family of comparisons."""


@dataclass(frozen=True)
class Tested:
    """p-values of a family, in its order; nan where nothing was tested.

    ``single``: of no difference, each comparison for itself. ``adjusted``: over the family. ``equivalent``: of a
    difference of δ or more in either direction, over the family; nan too where skewed differences refuse a test.
    """

    single: Floats
    adjusted: Floats
    equivalent: Floats


class Method(Protocol):
    """A way to test and to estimate whose error rates hold together."""

    def test(self, differences: Floats, delta: float, draws: Draws) -> Tested:
        """p-values of (m, n) paired differences, a row for each comparison, nan where a unit is lacking."""

    def test_unpaired(self, pairs: Sequence[Pair], delta: float, draws: Draws) -> tuple[Floats, Floats]:
        """For each pair of independent scores the p of no difference, and of one of δ or more in either direction."""

    def level(self, alpha: float) -> float:
        """The confidence level of an ordinary t interval that keeps the error ``alpha``; nan where there is none."""

    def multiplier(self, n: Floats, alpha: float) -> Floats:
        """Half of the interval of n paired differences, in standard errors, with the error ``alpha``; ∞ for none."""

    def claims(self, n: Floats, tests: int) -> Floats:
        """About the |t| at which n units claim a difference, in a family of so many tests; ∞ where none can."""

    def equates(self, n: Floats, tests: int) -> Floats:
        """About the standard errors that the mean must lie within ±δ for ``equivalent``; ∞ where none are enough."""

    def sizes(self, n: int, most: int) -> Sequence[int]:
        """The numbers of units above n, up to ``most``, at which there may be a verdict."""


@dataclass(frozen=True)
class Fixed:
    """One look, at a number of units that does not depend on the scores: the joint tests, and Student's intervals."""

    def test(self, differences: Floats, delta: float, draws: Draws) -> Tested:
        """The joint test; Holm over the equivalence tests."""
        found, tested = joint_test(differences, draws), is_tested(differences)
        equivalent = np.full(len(differences), math.nan)
        equivalent[tested] = equivalence_p(differences[tested], delta, found.resampled[tested])
        return Tested(found.single, found.adjusted, over_family(equivalent, tested))

    def test_unpaired(self, pairs: Sequence[Pair], delta: float, draws: Draws) -> tuple[Floats, Floats]:
        """Welch's tests with a bootstrap's beside them."""
        return unpaired_p(pairs, delta, draws.bootstrap)

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


def is_tested(differences: Floats) -> NDArray[np.bool_]:
    """Whether each row has the six values without which nothing is tested."""
    return np.asarray(np.isfinite(differences).sum(axis=1) >= FEWEST)


def over_family(ps: Floats, tested: NDArray[np.bool_]) -> Floats:
    """Holm's correction over the rows that were tested, of which one whose p is nan counts too."""
    found = np.full(len(ps), math.nan)
    found[tested] = holm([float(p) for p in ps[tested]])
    return found

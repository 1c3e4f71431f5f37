"""Whether the best trial of a search lies at an edge of a range: the scores still improve towards the bound."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import scipy  # whose modules are loaded when they are first used
from numpy.typing import NDArray

EXPLAINS = 0.012
"""F test's p below which the quadratic explains something: with 2 dimensions × 5 arms 9% of studies then fire."""


BENDS = 0.2
"""F test's p of a cubic term below which a quadratic does not describe the costs themselves."""


NOT_INWARD = 0.7
"""One-sided p of an outward slope at the bound below which the slope is not significantly inward."""


FEWEST_TRIALS = 6
"""Trials below which nothing is said: a cubic leaves two degrees of freedom to six."""


Side = Literal["low", "high"]


class _Fit(NamedTuple):
    coefficients: NDArray[np.float64]
    covariance: NDArray[np.float64]  # of the coefficients, divided by the residuals' variance
    residual: float  # sum of squares
    freedom: int


def edge(positions: Sequence[float], costs: Sequence[float], winner: int) -> Side | None:
    """The side of the range at which the winner's search has stopped too early; None where nothing says so.

    ``positions``: (n,), where each trial lies on the range's own scale, 0 to 1. ``costs``: (n,), lower is better; one
    that is not finite, of a failed trial, counts as the worst finished one. ``winner``: the place of the chosen trial.

    A quadratic is fitted to all the trials. The winner is at an edge if the fit explains something, the winner lies in
    the outer half on that side, and the fitted slope at the bound does not significantly lead inward. The quadratic is
    fitted to the costs' ranks where it describes those better (larger F), or where the costs bend more than a quadratic
    does (cubic term), as those of a learning rate that diverges on one side: a cliff would govern the fit far away from
    it. The rates at which the rule fires: results/calibration.md.

    ValueError where positions and costs differ in number.
    """
    x, y = np.asarray(positions, dtype=float), np.asarray(costs, dtype=float)
    if x.shape != y.shape:
        raise ValueError(f"{len(x)} positions and {len(y)} costs: there must be one of each for a trial")
    finished = np.isfinite(y)
    if not finished.any() or len(x) < FEWEST_TRIALS or len(np.unique(x)) < 4 or x[winner] == 0.5:
        return None
    y = np.where(finished, y, y[finished].max())
    if np.ptp(y) == 0:
        return None
    side: Side = "high" if x[winner] > 0.5 else "low"
    ordered = np.sort(y)
    ranks = (np.searchsorted(ordered, y) + np.searchsorted(ordered, y, side="right") + 1) / 2  # ties share theirs
    y = (y - y.min()) / np.ptp(y)  # so that rounding is small against 1, in whatever unit
    plain, ranked = _fit(x, y, 2), _fit(x, ranks, 2)
    explained, of_ranks = _explained(plain, y), _explained(ranked, ranks)
    if of_ranks > explained or _cubic_p(x, y, plain) < BENDS:
        plain, explained = ranked, of_ranks
    if scipy.special.fdtrc(2, plain.freedom, explained) >= EXPLAINS:
        return None
    return side if _outward_p(plain, side) < NOT_INWARD else None


def _fit(x: NDArray[np.float64], y: NDArray[np.float64], degree: int) -> _Fit:
    powers = np.vander(x - 0.5, degree + 1, increasing=True)
    inverse = np.linalg.pinv(powers)
    coefficients = inverse @ y
    residual = float(((y - powers @ coefficients) ** 2).sum())
    return _Fit(coefficients, inverse @ inverse.T, max(residual, 1e-18 * float(y @ y)), len(x) - degree - 1)


def _explained(fit: _Fit, y: NDArray[np.float64]) -> float:
    """F of the quadratic against a constant."""
    total = float(((y - y.mean()) ** 2).sum())
    return max(0.0, (total - fit.residual) / 2 / (fit.residual / fit.freedom))


def _cubic_p(x: NDArray[np.float64], y: NDArray[np.float64], quadratic: _Fit) -> float:
    cubic = _fit(x, y, 3)
    gain = max(0.0, quadratic.residual - cubic.residual)
    return float(scipy.special.fdtrc(1, cubic.freedom, gain / (cubic.residual / cubic.freedom)))


def _outward_p(fit: _Fit, side: Side) -> float:
    """One-sided p of costs that fall towards the bound."""
    outward = 1 if side == "high" else -1
    slope = np.array([0.0, 1.0, outward])  # of 1, x, x² at x = ±½ from the middle
    error = math.sqrt(fit.residual / fit.freedom * float(slope @ fit.covariance @ slope))
    t = -outward * float(slope @ fit.coefficients) / error
    return float(scipy.special.stdtr(fit.freedom, -t))

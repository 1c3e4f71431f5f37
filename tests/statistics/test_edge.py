"""The rule of the edge: known shapes without noise, mirror images, units, failures, and its rates in simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.statistics.edge import FEWEST_TRIALS, edge

POINTS = [(2 * i + 1) / 30 for i in range(15)]


def of(shape, points=POINTS):
    costs = [shape(x) for x in points]
    return edge(points, costs, min(range(len(costs)), key=costs.__getitem__))


@pytest.mark.parametrize(
    ("shape", "side"),
    [
        (lambda x: -x, "high"),
        (lambda x: x, "low"),
        (lambda x: (x - 1.2) ** 2, "high"),
        (lambda x: (x + 0.2) ** 2, "low"),
        (lambda x: (x - 0.8) ** 2, None),
        (lambda x: (x - 0.3) ** 2, None),
        (lambda x: math.exp(6 * x), "low"),  # a cliff on the other side, where all is too large
        (lambda x: 5 * x if x < 0.6 else math.nan, "low"),
        (lambda x: 2 * abs(x - 0.6) + 50 * (x > 0.7), None),
        (lambda x: 1.0, None),
        (lambda x: math.nan, None),
    ],
)
def test_known_shapes(shape, side):
    assert of(shape) == side


def test_the_winner_must_lie_in_the_outer_half_on_that_side():
    costs = [-x for x in POINTS]
    assert [edge(POINTS, costs, winner) for winner in (14, 8, 7, 0)] == ["high", "high", None, None]


def noisy(seed, n=15, slope=0.0):
    rng = np.random.default_rng(seed)
    points = rng.permutation((np.arange(n) + 0.5) / n)
    return points, rng.normal(size=n) - slope * points


@given(st.integers(0, 10**6), st.integers(FEWEST_TRIALS, 20), st.floats(0, 8), st.floats(1e-3, 1e6))
def test_mirrored_positions_mirror_the_side_and_units_do_not_matter(seed, n, slope, unit):
    points, costs = noisy(seed, n, slope)
    winner = int(costs.argmin())
    found = edge(points, costs, winner)
    mirrored = edge(1 - points, costs * unit + 7 * unit, winner)
    assert mirrored == {"low": "high", "high": "low", None: None}[found]


def test_a_failed_trial_counts_as_the_worst_finished_one():
    points, costs = noisy(3, slope=6)
    worst = costs.copy()
    failed = costs.copy()
    for place in np.argsort(points)[:4]:
        worst[place], failed[place] = np.delete(costs, np.argsort(points)[:4]).max(), (math.nan, math.inf)[place % 2]
    winner = int(worst.argmin())
    assert edge(points, failed, winner) == edge(points, worst, winner) == "high"


def test_little_says_nothing():
    assert of(lambda x: -x, POINTS[: FEWEST_TRIALS - 1]) is None
    assert edge([0.1, 0.5, 0.9] * 4, [3.0, 2.0, 1.0] * 4, 2) is None, "three values leave nothing to a cubic"
    with pytest.raises(ValueError, match="2 positions and 1 costs"):
        edge([0.1, 0.2], [1.0], 0)


def fires(shape, studies=150, n=15):
    """In how many studies, by side: Sobol points, unit noise."""
    rng, counts = np.random.default_rng(0), {"low": 0, "high": 0, None: 0}
    pool = [stats.qmc.Sobol(1, rng=np.random.default_rng(i)).random(n)[:, 0] for i in range(20)]
    for study in range(studies):
        points = pool[study % 20]
        costs = shape(points) + rng.normal(size=n)
        counts[edge(points, costs, int(costs.argmin()))] += 1
    return {side: count / studies for side, count in counts.items()}


@pytest.mark.filterwarnings("ignore:The balance properties of Sobol")
def test_it_fires_where_the_optimum_lies_beyond_and_seldom_where_nothing_matters():
    assert fires(lambda x: 10 / 1.4 * (x - 1.2) ** 2)["high"] > 0.8
    assert fires(lambda x: 20 * (np.exp(6 * x) - 1) / math.expm1(6))["low"] > 0.5
    assert fires(lambda x: 40 * (x - 0.7) ** 2)[None] > 0.9
    assert fires(lambda x: 0 * x, 600)[None] > 0.97

"""Whether a difference is smaller than δ: scipy's one-sided tests, the modified t's own formula, and known truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from harness.statistics.equivalence import (
    MOST_SKEWED,
    equivalence_p,
    inward_t,
    is_skewed,
    modified_t,
    skewness,
    unbiased_skewness,
)
from harness.statistics.joint import resampled_t, t_statistic

SYMMETRIC = np.array([[-1.5, -1.0, -0.4, -0.1, 0.1, 0.4, 1.0, 1.5]])


def rows_of(seed, arms=3, units=9, skew=0.0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(arms, units)) + skew * (rng.exponential(size=(arms, units)) - 1)


def p_of(rows, delta, resamples=499):
    return equivalence_p(rows, delta, resampled_t(rows, resamples))


@given(st.integers(0, 10**6), st.integers(3, 20))
def test_skewness_is_scipys(seed, units):
    rows = rows_of(seed, units=units, skew=1)
    assert skewness(rows) == pytest.approx(stats.skew(rows, axis=1), abs=1e-9)
    assert unbiased_skewness(rows) == pytest.approx(stats.skew(rows, axis=1, bias=False), abs=1e-9)
    lacking = np.hstack([rows, np.full((3, 2), math.nan)])
    assert unbiased_skewness(lacking) == pytest.approx(unbiased_skewness(rows))
    assert skewness(80 + 1e-3 * rows) == pytest.approx(skewness(rows), abs=1e-6)


def test_a_constant_has_no_skew():
    assert skewness(np.array([[0.1 + 0.2, 0.3, 0.3, 0.3], [0.0] * 4])).tolist() == [0, 0]


@pytest.mark.parametrize("shift", [-0.7, 0.0, 0.3])
@pytest.mark.parametrize("delta", [0.4, 1.0, 2.5])
def test_symmetric_differences_have_students_two_one_sided_tests(shift, delta):
    """Where nothing is skewed, the modified t says the same; the null of the bootstrap is Student's here."""
    row = SYMMETRIC + shift
    quantiles = stats.t.ppf((np.arange(1, 20_000) - 0.5) / 19_999, 7)[None]
    upper = stats.ttest_1samp(row[0], delta, alternative="less").pvalue
    lower = stats.ttest_1samp(row[0], -delta, alternative="greater").pvalue
    assert equivalence_p(row, delta, quantiles)[0] == pytest.approx(max(upper, lower), abs=2e-4)
    assert inward_t(row, delta)[0] == pytest.approx((delta - abs(shift)) / stats.sem(row[0]))


def test_the_modified_t_is_johnsons_with_halls_cubic_term():
    """Johnson: (x̄ − μ + μ₃/(6 s² n) + μ₃/(3 s⁴)·(x̄ − μ)²)·√n/s, and the cubic term makes it rise everywhere."""
    values = np.random.default_rng(2).exponential(size=14)
    n, mean, sd = 14, values.mean(), values.std(ddof=1)
    third = unbiased_skewness(values[None])[0] * sd**3
    for centre in (0.2, 1.0, 1.7):
        gap = mean - centre
        johnson = (gap + third / (6 * sd**2 * n) + third / (3 * sd**4) * gap**2) * math.sqrt(n) / sd
        t = gap * math.sqrt(n) / sd
        cubic = (third / sd**3) ** 2 * t**3 / (27 * n)
        assert modified_t(np.array(t), np.array(third / sd**3 / math.sqrt(n))) == pytest.approx(johnson + cubic)
    grid = np.linspace(-30, 30, 601)
    for skew in (-1.2, -0.3, 0.0, 0.3, 1.2):
        assert (np.diff(modified_t(grid, np.array(skew))) > -1e-9).all()
    assert modified_t(np.array([math.inf, -math.inf]), np.array([1.0, 1.0])).tolist() == [math.inf, -math.inf]


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 5), st.sampled_from([0.0, 1.0]), st.floats(0.1, 3))
def test_each_side_has_the_least_favourable_skew(seed, arms, skew, delta):
    """By hand: the larger of the row's own skewness and of the family's mean, as if its tail pointed outwards."""
    rows = rows_of(seed, arms, 8, skew)
    of_rows = [float(stats.skew(row, bias=False)) for row in rows]
    shared = abs(sum(of_rows) / arms)
    for row, own, found in zip(rows, of_rows, inward_t(rows, delta), strict=True):
        a, sides = max(abs(own), shared) / math.sqrt(8), []
        for sign in (1, -1):
            t = (sign * row.mean() - delta) / stats.sem(row)
            sides.append(max(t, t + a / 6 + a * t**2 / 3 + a**2 * t**3 / 27))
        assert found == pytest.approx(-max(sides))


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.floats(0.1, 3))
def test_the_largest_of_the_six_p_counts(seed, delta):
    rows = rows_of(seed, 2, 8, 0.5)
    null = resampled_t(rows, 199)
    inward = inward_t(rows, delta)
    for row, draws, least, found in zip(rows, null, inward, equivalence_p(rows, delta, null), strict=True):
        t = [(sign * row.mean() - delta) / stats.sem(row) for sign in (1, -1)]
        ps = [stats.t.sf(least, 7)]
        ps += [stats.t.cdf(each, 7) for each in t]
        ps.append((1 + sum(draw <= t[0] for draw in draws)) / 200)
        ps.append((1 + sum(-draw <= t[1] for draw in draws)) / 200)
        assert math.isnan(found) if abs(stats.skew(row)) > MOST_SKEWED else found == pytest.approx(max(ps), abs=1e-12)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.floats(0.05, 3), st.floats(1e-6, 1e6), st.permutations(range(3)))
def test_unit_sign_and_order_do_not_matter_and_a_larger_delta_is_easier(seed, delta, unit, order):
    rows = rows_of(seed, skew=0.7)
    whole = p_of(rows, delta)
    assert p_of(rows * unit, delta * unit) == pytest.approx(whole, nan_ok=True)
    assert p_of(-rows, delta) == pytest.approx(whole, nan_ok=True)
    assert p_of(rows[order], delta) == pytest.approx(whole[order], nan_ok=True)
    wider = p_of(rows, 1.5 * delta)
    assert ((wider <= whole + 1e-12) | np.isnan(whole)).all()


def test_nothing_is_equivalent_beyond_the_limit_of_skewness():
    calm = np.linspace(-0.1, 0.1, 12)
    rows = np.vstack([calm, np.where(np.arange(12) == 3, 2.0, calm)])
    assert is_skewed(rows).tolist() == [False, True]
    found = p_of(rows, 10.0)
    assert found[0] < 0.05
    assert math.isnan(found[1])
    assert not is_skewed(np.eye(6)).any(), "six values cannot be that skewed"


def test_a_skewed_family_makes_a_calm_arm_less_sure():
    calm = SYMMETRIC[0] * 0.5
    tail = np.array([0.5, 0.4, 0.3, 0.2, 0.1, 0.0, -0.2, -2.0])
    alone = inward_t(calm[None], 1.0)[0]
    beside = inward_t(np.vstack([calm, tail, tail]), 1.0)[0]
    mirrored = inward_t(np.vstack([calm, -tail, -tail]), 1.0)[0]
    assert 0 < beside < alone
    assert mirrored == pytest.approx(beside)


def test_identical_differences_are_inside_or_not():
    rows = np.array([[0.3] * 7, [-0.3] * 7, [0.5] * 7, [0.7] * 7])
    found = p_of(rows, 0.5, 999)
    assert found[:2].tolist() == [1 / 1000] * 2, "no less than the bootstrap can say"
    assert found[2] >= 0.5
    assert found[3] == 1.0


def test_a_difference_of_delta_is_seldom_called_smaller():
    """Normal: 1,500 samples at the bound; t alone would be wrong in 5%."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(1_500, 1, 10))
    wrong = sum(p_of(row + 1.5, 1.5, 199)[0] < 0.05 for row in rows)
    assert 15 <= wrong <= 75
    lost = rng.exponential(size=(1_500, 1, 10)) - 1
    plain = sum(stats.t.cdf(t_statistic(row + 1.5, 1.5)[0], 9) < 0.05 for row in lost)
    skewed = sum(p_of(row + 1.5, 1.5, 199)[0] < 0.05 for row in lost)
    assert skewed < plain * 0.75

"""What a fixed number of units is tested with: the parts put together, and the approximations that forecasts use."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from harness.statistics.anytime import Anytime
from harness.statistics.equivalence import equivalence_p
from harness.statistics.estimates import holm
from harness.statistics.joint import Draws, joint_test
from harness.statistics.method import ALPHA, FIXED, is_tested, over_family
from harness.statistics.sequential import Planned

FEW = Draws(bootstrap=499, flips=500)


def rows_of(seed, arms=4, units=10):
    return np.random.default_rng(seed).normal(size=(arms, units)) + np.array([[1.5], [0.0], [0.2], [-0.9]])[:arms]


def test_a_fixed_number_has_the_joint_test_and_holm_over_equivalence():
    rows = rows_of(0)
    found, joint = FIXED.test(rows, 1.0, FEW), joint_test(rows, FEW)
    assert found.single.tolist() == joint.single.tolist()
    assert found.adjusted.tolist() == joint.adjusted.tolist()
    raw = equivalence_p(rows, 1.0, joint.resampled)
    assert found.equivalent.tolist() == holm(raw.tolist())
    assert (found.equivalent > raw).any()


def test_an_equivalence_that_was_refused_counts_in_holm_and_one_that_was_not_tested_does_not():
    rows = 0.1 * rows_of(1, 3, 12)
    rows[1] = [*[0.0] * 11, 3.0]
    found = FIXED.test(rows, 2.0, FEW)
    alone = [equivalence_p(rows, 2.0, joint_test(rows, FEW).resampled)[arm] for arm in (0, 2)]
    assert math.isnan(found.equivalent[1])
    assert found.equivalent[[0, 2]].tolist() == [pytest.approx(min(1, 3 * p)) for p in alone]
    short = rows.copy()
    short[1, 5:] = math.nan
    fewer = FIXED.test(short, 2.0, FEW)
    assert np.isnan([fewer.single[1], fewer.adjusted[1], fewer.equivalent[1]]).all()
    assert (fewer.equivalent[[0, 2]] < found.equivalent[[0, 2]]).all()


def test_the_family_is_what_was_tested():
    rows = rows_of(2)
    rows[2, 5:] = math.nan
    assert is_tested(rows).tolist() == [True, True, False, True]
    found = over_family(np.array([0.01, 0.02, 0.001, math.nan]), is_tested(rows))
    assert found.tolist() == pytest.approx([0.03, 0.04, math.nan, math.nan], nan_ok=True)


@pytest.mark.parametrize("tests", [1, 4])
def test_intervals_and_approximations_are_students(tests):
    n = np.array([5.0, 6.0, 20.0])
    assert FIXED.multiplier(n, 0.05 / tests) == pytest.approx(stats.t.ppf(1 - 0.025 / tests, n - 1))
    assert FIXED.claims(n, tests).tolist() == pytest.approx([math.inf, *stats.t.ppf(1 - 0.025 / tests, n[1:] - 1)])
    assert FIXED.equates(n, tests).tolist() == pytest.approx([math.inf, *stats.t.ppf(1 - 0.05 / tests, n[1:] - 1)])
    assert FIXED.level(ALPHA / tests) == 1 - 0.05 / tests
    assert list(FIXED.sizes(2, 8)) == [6, 7, 8]
    assert list(FIXED.sizes(8, 10)) == [9, 10]


@pytest.mark.parametrize("method", [FIXED, Anytime((10,)), Planned((6, 10, 20), 1)])
def test_every_method_is_blind_to_the_order_of_the_arms_and_to_their_direction(method):
    for seed in range(6):
        rows, order = rows_of(seed), [2, 0, 3, 1]
        whole, other, turned = (method.test(each, 0.8, FEW) for each in (rows, rows[order], -rows))
        for name in ("single", "adjusted", "equivalent"):
            found = getattr(whole, name)
            assert getattr(other, name) == pytest.approx(found[order], nan_ok=True)
            assert getattr(turned, name) == pytest.approx(found, nan_ok=True)
        assert (whole.single <= whole.adjusted + 1e-12).all()


@pytest.mark.parametrize("method", [FIXED, Anytime((10,)), Planned((6, 10, 20), 1)])
def test_an_interval_and_its_test_agree_for_one_arm_without_skew(method):
    """Of symmetric differences the t statistic decides; flips and bootstrap are a little stricter."""
    shape = np.array([-1.5, -1.0, -0.4, -0.2, -0.1, 0.1, 0.2, 0.4, 1.0, 1.5])
    half = float(method.multiplier(np.array(10.0), ALPHA)) * stats.sem(shape)
    shifts = half * np.array([0.5, 0.8, 0.95, 1.2, 1.5])
    claimed = [method.test((shape + shift)[None], 1.0, FEW).adjusted[0] < ALPHA for shift in shifts]
    assert claimed == [False, False, False, True, True]

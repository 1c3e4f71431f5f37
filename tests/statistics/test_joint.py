"""The joint tests, against enumeration and resampling in plain Python, and what holds of them whatever the values."""

from __future__ import annotations

import itertools
import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from harness.statistics.joint import (
    EXACT,
    FEWEST,
    Draws,
    _resamples,
    flipped_p,
    joint_test,
    resampled_p,
    resampled_t,
    t_statistic,
)

FEW = Draws(bootstrap=199, flips=2_000)


def rows_of(seed, arms, units, missing=0.0, whole=False):
    rng = np.random.default_rng(seed)
    shared = rng.exponential(size=units)
    rows = rng.normal(size=(arms, units)) + shared + rng.normal(size=(arms, 1))
    if whole:
        rows = np.round(2 * rows)
    rows[rng.random(rows.shape) < missing] = math.nan
    return rows


def step_down(observed, null):
    """By the definition: of each arm alone, and the maxima over the arms that are not above it. ``null``: by draw."""
    order = sorted(range(len(observed)), key=lambda arm: -observed[arm])

    def reaches(statistic, place):
        bound = observed[place]
        return statistic >= (bound if math.isinf(bound) else bound - 1e-9 * max(1, abs(bound)))

    single = [sum(reaches(draw[arm], arm) for draw in null) for arm in range(len(observed))]
    joint, largest = [0] * len(observed), 0
    for rank, arm in enumerate(order):
        largest = max(largest, sum(reaches(max(draw[each] for each in order[rank:]), arm) for draw in null))
        joint[arm] = largest
    return single, joint


def flips_by_enumeration(rows):
    present = [[None if math.isnan(d) else float(d) for d in row] for row in rows]

    def size(row, signs):
        known = [(sign, d) for sign, d in zip(signs, row, strict=True) if d is not None]
        below = math.sqrt(len(known) * sum(d * d for _, d in known))
        return abs(sum(sign * d for sign, d in known)) / below if below else 0.0

    units = len(present[0])
    null = [[size(row, signs) for row in present] for signs in itertools.product((1, -1), repeat=units)]
    single, joint = step_down([size(row, (1,) * units) for row in present], null)
    return [each / 2**units for each in single], [each / 2**units for each in joint]


def student(values, centre=0.0):
    gap, sd = statistics.fmean(values) - centre, statistics.stdev(values) if len(set(values)) > 1 else 0.0
    if abs(gap) < 1e-12 and (sd < 1e-12 or gap == 0):
        return 0.0
    return gap * math.sqrt(len(values)) / sd if sd > 1e-12 else math.copysign(math.inf, gap)


def resampled_by_hand(rows, resamples):
    """(arms, B), from the units that each resample draws."""
    units = len(rows[0])
    drawn = [
        [unit for unit, count in enumerate(column) for _ in range(int(count))]
        for column in _resamples(units, resamples).T
    ]
    assert {len(each) for each in drawn} == {units}
    found = []
    for row in rows:
        centre = statistics.fmean([d for d in row if not math.isnan(d)])
        values = [[row[unit] for unit in each if not math.isnan(row[unit])] for each in drawn]
        found.append([student(each, centre) if each else math.nan for each in values])
    return found


# Flips of signs


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(2, 8), st.sampled_from([0.0, 0.2]), st.booleans())
def test_flips_are_those_of_an_enumeration(seed, arms, units, missing, whole):
    rows = rows_of(seed, arms, units, missing, whole)
    assert np.array(flipped_p(rows)) == pytest.approx(np.array(flips_by_enumeration(rows)), abs=1e-12)


def test_a_family_by_hand():
    """Of 8 signs up to a turn of all: the first's R of 1 comes back in none, the other's |Σ| = 4 in three more."""
    rows = np.array([[1.0, 1.0, 1.0, 1.0], [3.0, 1.0, 1.0, -1.0]])
    single, joint = flipped_p(rows)
    assert single.tolist() == [1 / 8, 4 / 8]
    assert joint.tolist() == [1 / 8, 4 / 8]
    assert flipped_p(rows[1:])[1].tolist() == [4 / 8]


@given(st.lists(st.floats(-10, 10).map(lambda x: round(x, 3)), min_size=3, max_size=9))
def test_one_arms_flips_are_scipys(differences):
    found = flipped_p(np.array([differences]))[0][0]
    expected = stats.permutation_test((np.array(differences),), np.mean, permutation_type="samples", vectorized=True)
    assert found == pytest.approx(expected.pvalue, abs=1e-12) or expected.pvalue < found  # scipy's ties are stricter


def test_sixteen_units_are_exact_and_seventeen_are_drawn_the_same_way_each_time():
    """Where all differences are of one size, the number of flips that reach the sum is binomial."""
    for units, exact in ((EXACT, True), (EXACT + 1, False), (40, False)):
        wins = units * 3 // 4
        row = np.array([[1.0] * wins + [-1.0] * (units - wins)])
        expected = stats.binomtest(wins, units).pvalue
        single, joint = flipped_p(row)
        assert single == joint
        assert single[0] == (pytest.approx(expected, rel=1e-12) if exact else pytest.approx(expected, abs=4e-3))
        assert flipped_p(row)[0] == single
    for units in (EXACT + 1, 60):
        assert flipped_p(np.ones((1, units)), 9)[0][0] == 1 / 10, "the observed signs are one of the draws"


def test_all_arms_have_the_same_flips():
    """An arm and its mirror image reach their maxima together: a second look at one arm costs nothing."""
    row = rows_of(1, 1, 9)
    single, joint = flipped_p(np.vstack([row, -row, 3 * row]))
    assert np.unique(np.round([*single, *joint], 12)).size == 1


@pytest.mark.parametrize("seed", range(4))
def test_a_true_hypothesis_is_rejected_in_no_more_than_alpha_of_all_signs(seed):
    """Exactly so: the differences are symmetric when each pattern of signs is equally likely."""
    rows = np.abs(rows_of(seed, 3, 7))
    patterns = np.array(list(itertools.product((1, -1), repeat=7)))
    smallest = np.array([flipped_p(rows * pattern)[1].min() for pattern in patterns])
    for alpha in (1 / 64, 0.05, 0.1, 0.25, 0.5):
        assert (smallest <= alpha + 1e-12).mean() <= alpha + 1e-12
    assert (smallest <= 0.1).mean() > 0.05, "and it is not needlessly strict"


# The bootstrap


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 3), st.integers(3, 9), st.sampled_from([0.0, 0.25]), st.booleans())
def test_the_resampled_t_is_that_of_each_resample(seed, arms, units, missing, whole):
    rows = rows_of(seed, arms, units, missing, whole)
    rows[:, 0] = np.where(np.isfinite(rows).any(axis=1), rows[:, 0], 1.0)  # a row has a value
    found, expected = resampled_t(rows, 80), np.array(resampled_by_hand(rows.tolist(), 80))
    infinite = np.isinf(expected)
    assert found[infinite].tolist() == expected[infinite].tolist()
    assert found[~infinite] == pytest.approx(expected[~infinite], rel=1e-6, abs=1e-7, nan_ok=True)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 4), st.integers(6, 9), st.sampled_from([0.0, 0.1]))
def test_the_bootstraps_p_is_twice_the_smaller_one_sided_one(seed, arms, units, missing):
    rows = rows_of(seed, arms, units, missing)
    rows[:, :2] = np.nan_to_num(rows[:, :2], nan=0.3)
    null = list(zip(*resampled_by_hand(rows.tolist(), 99), strict=True))
    observed = [student([d for d in row if not math.isnan(d)]) for row in rows.tolist()]
    sides = []
    for sign in (1, -1):
        turned = [[math.inf if math.isnan(t) else sign * t for t in draw] for draw in null]
        sides.append(step_down([sign * t for t in observed], turned))
    expected = [
        [min(1.0, 2 * min(1 + upper, 1 + lower) / 100) for upper, lower in zip(*of, strict=True)]
        for of in zip(*sides, strict=True)
    ]
    assert np.array(resampled_p(rows, resampled_t(rows, 99))) == pytest.approx(np.array(expected), abs=1e-12)


def test_the_bootstrap_learns_a_skew_and_flips_do_not():
    """A rare bad unit that the sample shows: above its mean, the arm is less surely better than below it worse."""
    row = np.array([[1.0, 1.1, 0.9, 1.2, 0.8, 1.0, 1.1, 0.9, 1.0, -2.0]])
    (up,), _ = resampled_p(row, resampled_t(row))
    (down,), _ = resampled_p(row - 1.6, resampled_t(row - 1.6))
    assert t_statistic(row)[0] == pytest.approx(-t_statistic(row - 1.4)[0], rel=1e-9)
    assert up > 2 * flipped_p(row)[0][0]
    assert down < up


def test_a_resample_without_a_value_of_the_arm_is_no_evidence():
    row = np.array([[1.0, 1.2, *[math.nan] * 6]])
    null = resampled_t(row, 400)
    assert 0.05 < np.isnan(null).mean() < 0.2  # (6/8)⁸ = 0.1
    (p,), _ = resampled_p(row, null)
    assert p >= 2 * np.isnan(null).sum() / 401


# Both together


def test_the_joint_test_is_the_larger_of_both():
    rows = rows_of(3, 4, 10)
    found, flipped = joint_test(rows, FEW), flipped_p(rows, FEW.flips)
    drawn = resampled_p(rows, resampled_t(rows, FEW.bootstrap))
    assert found.single.tolist() == np.maximum(flipped[0], drawn[0]).tolist()
    assert found.adjusted.tolist() == np.maximum(flipped[1], drawn[1]).tolist()
    assert (flipped[1] > drawn[1]).any() or (flipped[0] > drawn[0]).any()
    assert (flipped[1] < drawn[1]).any()


def test_six_units_suffice_whatever_the_number_of_arms():
    rows = rows_of(5, 9, 6)
    rows[0] = 5 + 0.1 * np.arange(6)
    found = joint_test(rows)
    assert found.adjusted[0] < 0.05
    assert 9 * found.single[0] > 0.05, "which no correction of single tests can"


@pytest.mark.parametrize("units", [6, 7, 10, 20])
def test_identical_differences_have_the_p_of_the_flips(units):
    p = joint_test(np.full((1, units), 0.3)).adjusted[0]
    assert p == pytest.approx(max(2 / 2**units, 2 / 10_000 if units > 13 else 0), rel=1e-9)
    assert joint_test(np.zeros((2, units)), FEW).adjusted.tolist() == [1.0, 1.0]
    assert joint_test(np.full((1, 6), 80.3) - np.full((1, 6), 80.1)).single[0] == 2 / 2**6


def test_an_arm_of_fewer_than_six_values_is_not_tested_and_changes_nothing():
    rows = rows_of(7, 3, 9)
    short = rows.copy()
    short[1, FEWEST - 1 :] = math.nan
    found, without = joint_test(short, FEW), joint_test(rows[[0, 2]], FEW)
    assert np.isnan([found.single[1], found.adjusted[1], *found.resampled[1]]).all()
    for name in ("single", "adjusted", "resampled"):
        assert getattr(found, name)[[0, 2]].tolist() == getattr(without, name).tolist()
    assert np.isnan(joint_test(rows[:, :5], FEW).adjusted).all()
    assert joint_test(np.empty((0, 9)), FEW).adjusted.size == 0


def test_an_arm_that_lacks_units_leaves_the_others_as_they_are():
    rows = rows_of(8, 3, 9)
    lacking = rows.copy()
    lacking[2, [1, 4]] = math.nan
    whole, found = joint_test(rows, FEW), joint_test(lacking, FEW)
    assert found.single[:2] == pytest.approx(whole.single[:2])
    assert found.resampled[:2] == pytest.approx(whole.resampled[:2])
    alone = lacking[2:, np.isfinite(lacking[2])]
    assert flipped_p(lacking)[0][2] == pytest.approx(flipped_p(alone)[0][0]), "its own seven units decide"


CASES = st.tuples(st.integers(0, 10**6), st.integers(2, 4), st.sampled_from([6, 9, 17]), st.sampled_from([0.0, 0.1]))


@settings(max_examples=25)
@given(CASES, st.floats(1e-6, 1e6), st.permutations(range(4)))
def test_units_signs_and_order_of_the_arms_do_not_matter(case, unit, order):
    rows = rows_of(*case)
    order = [arm for arm in order if arm < len(rows)]
    whole = joint_test(rows, FEW)
    for other in (joint_test(rows * unit, FEW), joint_test(-rows, FEW)):
        assert other.single == pytest.approx(whole.single, nan_ok=True)
        assert other.adjusted == pytest.approx(whole.adjusted, nan_ok=True)
    assert joint_test(rows[order], FEW).adjusted == pytest.approx(whole.adjusted[order], nan_ok=True)


@settings(max_examples=25)
@given(CASES)
def test_more_arms_never_lower_a_p_and_a_p_is_never_zero(case):
    rows = rows_of(*case)
    whole = joint_test(rows, FEW)
    tested = np.isfinite(whole.single)
    assert ((whole.single > 0) & (whole.single <= whole.adjusted + 1e-12) & (whole.adjusted <= 1))[tested].all()
    if np.isfinite(rows[:-1]).any(axis=0).all():  # the same units, and so the same draws
        fewer = joint_test(rows[:-1], FEW)
        assert (fewer.adjusted <= whole.adjusted[:-1] + 1e-12)[tested[:-1]].all()
        assert fewer.single == pytest.approx(whole.single[:-1], nan_ok=True)


def test_extreme_sizes_neither_overflow_nor_vanish():
    rows = rows_of(4, 2, 8)
    for unit in (1e-200, 1e200):
        assert flipped_p(rows * unit)[1] == pytest.approx(flipped_p(rows)[1])


# Student's t


@given(st.lists(st.floats(-100, 100).map(lambda x: round(x, 2)), min_size=2, max_size=12), st.sampled_from([0.0, 1.5]))
def test_t_is_scipys(values, shift):
    row = np.array([[*values, math.nan]])
    found = t_statistic(row, shift)[0]
    if np.ptp(values) > 0:
        assert found == pytest.approx(stats.ttest_1samp(values, shift).statistic, rel=1e-6, abs=1e-6)
    else:
        assert found == (0.0 if values[0] == shift else math.copysign(math.inf, values[0] - shift))


def test_a_constant_with_rounding_is_a_constant():
    row = np.array([[80.3 - 80.0, 0.3, 0.1 + 0.2, 0.3, 0.3, 0.3]])
    assert len(set(row[0])) == 3
    assert t_statistic(row)[0] == math.inf
    assert t_statistic(row, 0.3)[0] == 0.0
    assert math.isfinite(t_statistic(row + 1e-9 * np.arange(6))[0])

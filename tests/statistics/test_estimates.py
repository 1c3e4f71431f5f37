"""The statistics, each against an independent computation: scipy, closed forms, enumeration."""

from __future__ import annotations

import itertools
import math
import statistics
from dataclasses import astuple
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.statistics.estimates import (
    Difference,
    Interval,
    clopper_pearson,
    estimate,
    expected_best,
    gaps,
    holm,
    iqm,
    mean_gap,
    paired,
    probability_better,
    t_p,
    welch,
)

EIGHTHS = st.integers(-800, 800).map(lambda value: value / 8)
SCORES = st.one_of(EIGHTHS, st.floats(-1e9, 1e9), st.sampled_from([0.1, 0.3, 1e-300, -1e-300, math.nan, math.inf]))


def pairs_of(values, **sizes):
    return st.lists(st.tuples(values, values), **sizes).map(lambda pairs: tuple(map(list, zip(*pairs, strict=True))))


# Intervals and tests of means


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12))
def test_the_interval_is_students(values):
    found = estimate(values)
    mean, sd = statistics.fmean(values), statistics.stdev(values)
    assert (found.n, found.mean, found.sd) == (len(values), pytest.approx(mean), pytest.approx(sd, abs=1e-9))
    if len(values) < 4:
        assert math.isnan(found.low)
        assert math.isnan(found.high)
    elif sd > 1e-6:
        low, high = stats.t.interval(0.95, len(values) - 1, loc=mean, scale=stats.sem(values))
        assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
        expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
        assert (found.low, found.high) == (pytest.approx(expected.low), pytest.approx(expected.high))


def test_four_numbers_by_hand():
    found = estimate([1.0, 2.0, 4.0, 5.0])
    half = 3.182446305284263 * math.sqrt(10 / 3) / 2
    assert found.mean == 3.0
    assert found.sd == pytest.approx(math.sqrt(10 / 3))
    assert (found.low, found.high) == (pytest.approx(3 - half), pytest.approx(3 + half))


def test_three_values_are_shown_themselves():
    found = estimate([1.0, 2.0, 4.0])
    assert found.sd == pytest.approx(math.sqrt(7 / 3))
    assert math.isnan(found.low)
    assert math.isnan(paired([1.0, 2.0, 4.0], [0.0] * 3).high)
    assert math.isnan(welch([1.0, 2.0, 4.0], [1.0, 2.0, 4.0, 5.0]).low)


def test_too_few_values_have_no_interval():
    one, none = estimate([3.0]), estimate([])
    assert (one.n, one.mean) == (1, 3.0)
    assert all(map(math.isnan, (one.low, one.high, one.sd, none.mean, none.low, none.high, none.sd)))
    assert none.n == 0


def test_unequal_lengths_are_no_pairs():
    with pytest.raises(ValueError, match="zip"):
        paired([1.0], [1.0, 2.0])


@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
@given(pairs=pairs_of(EIGHTHS, min_size=2, max_size=12))
def test_paired_is_scipys_paired_t_interval(level, pairs):
    a, b = pairs
    found = paired(a, b, level)
    gaps = np.subtract(a, b)
    assert (found.n, found.paired) == (len(a), True)
    assert found.mean == pytest.approx(gaps.mean())
    assert found.sd == pytest.approx(np.std(gaps, ddof=1))
    whole = estimate(list(gaps), level)
    of_gaps = (whole.n, whole.mean, whole.low, whole.sd)
    assert (found.n, found.mean, found.low, found.sd) == pytest.approx(of_gaps, nan_ok=True)
    assert found.sd_unpaired**2 == pytest.approx(np.var(a, ddof=1) + np.var(b, ddof=1))
    if np.ptp(gaps) > 0:
        expected = stats.ttest_rel(a, b)
        interval = expected.confidence_interval(level)
        if len(a) >= 4:
            assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
        assert t_p(expected.statistic, len(a) - 1) == pytest.approx(expected.pvalue)
    if np.ptp(a) > 0 and np.ptp(b) > 0:
        assert found.r == pytest.approx(stats.pearsonr(a, b).statistic, abs=1e-9)
    else:
        assert math.isnan(found.r)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
@given(a=st.lists(EIGHTHS, min_size=2, max_size=9), b=st.lists(EIGHTHS, min_size=2, max_size=9))
def test_welch_is_scipys(level, a, b):
    found = welch(a, b, level)
    assert (found.n, found.paired) == (min(len(a), len(b)), False)
    assert math.isnan(found.sd)
    assert math.isnan(found.r)
    assert found.mean == pytest.approx(np.mean(a) - np.mean(b))
    if np.ptp(a) > 0 and np.ptp(b) > 0:
        expected = stats.ttest_ind(a, b, equal_var=False)
        interval = expected.confidence_interval(level)
        assert found.p == pytest.approx(expected.pvalue)
        if found.n >= 4:
            assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
        else:
            assert math.isnan(found.low)


def test_welch_with_one_constant_is_the_other_ones_t():
    found = welch([1.0, 2.0, 4.0, 5.0], [1.0, 1.0, 1.0, 1.0])
    expected = stats.ttest_1samp([1.0, 2.0, 4.0, 5.0], 1.0)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.low == pytest.approx(expected.confidence_interval().low - 1.0)


def test_constants_have_the_limits_of_a_vanishing_spread():
    assert (welch([2.0] * 3, [1.0] * 4).p, welch([2.0] * 3, [2.0] * 4).p) == (0.0, 1.0)
    found = paired([0.3] * 6, [0.1] * 6)
    assert (found.low, found.high, found.sd) == (found.mean, found.mean, 0.0)


@pytest.mark.parametrize("compared", [paired, welch])
@given(pairs=st.one_of(st.just(([], [])), pairs_of(SCORES, min_size=1, max_size=7)))
def test_every_number_is_finite_or_nan(compared, pairs):
    found = compared(*pairs)
    assert not any(math.isinf(value) for value in astuple(found))
    assert math.isnan(found.p) or 0 <= found.p <= 1
    assert math.isnan(found.r) or -1 <= found.r <= 1


def test_one_pair_has_a_mean_and_no_interval():
    found = paired([3.0], [1.0], p=0.25)
    assert (found.n, found.mean, found.p) == (1, 2.0, 0.25)
    assert all(map(math.isnan, (found.low, found.high, found.sd, found.r, found.sd_unpaired)))
    unpaired = welch([3.0], [1.0, 2.0])
    assert unpaired.mean == 1.5
    assert all(map(math.isnan, (unpaired.low, unpaired.high, unpaired.p)))


def test_pairing_is_worth_what_the_correlation_says():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=2000)
    found = paired(list(shared + rng.normal(size=2000) / 2), list(shared + rng.normal(size=2000) / 2))
    assert found.r == pytest.approx(1 / 1.25, abs=0.02)
    assert found.sd / found.sd_unpaired == pytest.approx(math.sqrt(1 - 1 / 1.25), rel=0.05)


# Holm


@given(st.lists(st.floats(0, 1), max_size=8))
def test_holm_is_the_smallest_level_at_which_the_closed_test_rejects(ps):
    found = holm(ps)
    for i, p in enumerate(found):
        # Closed testing: every subset that holds i is rejected by Bonferroni.
        others = [j for j in range(len(ps)) if j != i]
        subsets = (s for size in range(len(ps)) for s in itertools.combinations(others, size))
        assert p == pytest.approx(max(min(1, (len(s) + 1) * min(ps[j] for j in (i, *s))) for s in subsets))


def test_holm_by_hand_and_a_test_without_p_counts():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.01, math.nan]) == pytest.approx([0.02, math.nan], nan_ok=True)
    assert holm([]) == []


# P(A > B), IQM


@given(st.integers(1, 40), st.data())
def test_clopper_and_pearson_are_scipys(n, data):
    wins = data.draw(st.integers(0, n))
    expected = stats.binomtest(wins, n).proportion_ci(method="exact")
    for found in (clopper_pearson(wins, n), probability_better([1.0] * wins + [-1.0] * (n - wins), [0.0] * n)):
        assert (found.value, found.low, found.high) == pytest.approx((wins / n, expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(("count", "of"), [(0.5, 3), (2.5, 6), (5.5, 6)])
def test_half_a_win_takes_the_wider_end_on_each_side(count, of):
    found = clopper_pearson(count, of)
    assert found.value == count / of
    assert found.low == clopper_pearson(math.floor(count), of).low
    assert found.high == clopper_pearson(math.ceil(count), of).high


def test_nothing_to_count_is_nan():
    assert all(map(math.isnan, astuple(clopper_pearson(0, 0))))


@given(st.lists(EIGHTHS, min_size=1, max_size=9), st.lists(EIGHTHS, min_size=1, max_size=9))
def test_without_pairs_it_is_mann_and_whitneys_statistic(a, b):
    expected = stats.mannwhitneyu(a, b, method="asymptotic").statistic if len({*a, *b}) > 1 else len(a) * len(b) / 2
    found = probability_better(a, b, shared=False)
    assert found.value == pytest.approx(expected / len(a) / len(b))
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_half_of_the_ties_count():
    assert probability_better([1.0, 2.0, 0.0, 5.0], [1.0, 1.0, 1.0, 5.0]).value == 0.5
    assert math.isnan(probability_better([], []).value)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40))
def test_iqm_is_scipy_s_trimmed_mean_to_the_bit(values):
    assert iqm(values) == stats.trim_mean(values, 0.25)


def test_iqm_drops_a_quarter_at_each_end():
    assert iqm([100.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, -100.0]) == 3.5
    assert iqm([7.0]) == 7.0
    assert math.isnan(iqm([]))
    assert math.isnan(iqm([math.nan, 1.0]))


# The tuning curve


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=7))
def test_the_tuning_curve_is_the_mean_over_all_subsets(scores):
    found = expected_best([float(each) for each in scores])
    for k, best in enumerate(found, start=1):
        subsets = list(itertools.combinations(scores, k))
        assert best == pytest.approx(sum(map(max, subsets)) / len(subsets), abs=1e-9)


def test_the_tuning_curve_is_the_protocols_formula():
    scores = sorted(float(each) for each in np.random.default_rng(0).normal(size=40))
    for k, best in enumerate(expected_best(scores[::-1]), start=1):
        weights = [Fraction(math.comb(i, k) - math.comb(i - 1, k), math.comb(40, k)) for i in range(1, 41)]
        assert best == pytest.approx(sum(float(w) * y for w, y in zip(weights, scores, strict=True)))


def test_a_long_tuning_curve_rises_to_the_best():
    scores = [float(each) for each in np.random.default_rng(0).normal(size=1500)]
    curve = expected_best(scores)
    assert curve[0] == pytest.approx(np.mean(scores))
    assert curve[-1] == max(scores)
    assert np.all(np.diff(curve) >= -1e-12)
    assert expected_best([]) == []
    assert all(math.isnan(each) for each in expected_best([1.0, math.nan]))


def test_estimate_at_another_level():
    values = [1.0, 2.0, 4.0, 5.0]
    found, expected = estimate(values, 0.5), stats.ttest_1samp(values, 0).confidence_interval(0.5)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert isinstance(paired([1.0], [1.0]), Difference)


def test_a_difference_turned_is_that_of_the_arms_exchanged():
    a, b = [1.0, 4.0, 3.0, 7.0], [0.5, 2.0, 2.5, 3.0]
    there, back = paired(a, b, p=0.1), paired(b, a, p=0.1)
    assert astuple(there.negated) == pytest.approx(astuple(back))
    assert Interval(-1.0, 3.0).negated == Interval(-3.0, 1.0)


@given(
    st.lists(st.integers(0, 1000), min_size=2, max_size=9, unique=True),
    st.integers(-1000, 1000),
    st.sampled_from([1e-6, 0.001, 0.1, 1.0, 1e9]),
)
def test_differences_that_are_equal_but_for_rounding_are_equal(tenths, shift, unit):
    a, b = [(tenth + shift) * unit for tenth in tenths], [tenth * unit for tenth in tenths]
    assert len(set(gaps(a, b))) == 1
    assert gaps(a, b)[0] == pytest.approx(shift * unit, rel=1e-9)
    assert paired(a, b).sd == 0
    assert (gaps(a, b)[0] == 0) == (shift == 0)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=9), st.lists(st.floats(-1e6, 1e6), min_size=9, max_size=9))
def test_other_differences_are_those_of_the_scores_to_the_bit(a, b):
    exact = [x - y for x, y in zip(a, b[: len(a)], strict=True)]
    if max(exact) - min(exact) > 1e-12 * max(map(abs, [*a, *b])):
        assert gaps(a, b[: len(a)]) == exact


def test_means_that_differ_by_rounding_alone_do_not_differ():
    assert np.mean([0.1] * 3) != np.mean([0.1] * 6)
    assert mean_gap([0.1] * 3, [0.1] * 6) == 0
    assert welch([0.1] * 6, [0.1 + 1e-17] * 7).p == 1
    assert mean_gap([0.1, 0.2], [0.1, 0.1]) == pytest.approx(0.05)

"""Two arms that share no draws: scipy's Welch, a bootstrap by hand from the same resamples, and known truth."""

from __future__ import annotations

import itertools
import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from harness.statistics.equivalence import MOST_SKEWED
from harness.statistics.unpaired import _resamples, unpaired_p, welch_equivalence_p, welch_p


def arms(seed, n=9, k=7, gap=0.0, spread=1.0, skew=0.0):
    rng = np.random.default_rng(seed)
    return (
        (rng.normal(size=n) + gap + skew * rng.exponential(size=n)).tolist(),
        (spread * rng.normal(size=k)).tolist(),
    )


def p_of(a, b, delta, resamples):
    (p,), (p_equivalent,) = unpaired_p([(a, b)], delta, resamples)
    return p, p_equivalent


def as_few(a, b):
    """Scipy's Welch test of the two means as if the larger arm had no more scores than the smaller."""
    n = min(len(a), len(b))
    described = ((statistics.fmean(each), statistics.stdev(each), n) for each in (a, b))
    return stats.ttest_ind_from_stats(*itertools.chain(*described), equal_var=False)


def freedom_of(a, b):
    n, squares = min(len(a), len(b)), [statistics.variance(each) for each in (a, b)]
    return (n - 1) * sum(squares) ** 2 / sum(square**2 for square in squares)


def error_of(a, b):
    return math.sqrt((statistics.variance(a) + statistics.variance(b)) / min(len(a), len(b)))


def third_of(a, b):
    """The skewness of the difference of the means."""
    error = error_of(a, b)
    of_a, of_b = (stats.skew(each, bias=False) * statistics.stdev(each) ** 3 / len(each) ** 2 for each in (a, b))
    return (of_a - of_b) / error**3


def modified(t, skewness):
    return t + skewness / 6 + skewness * t**2 / 3 + skewness**2 * t**3 / 27


def welch_t(a, b, shift=0.0):
    above = statistics.fmean(a) - statistics.fmean(b) - shift
    below = math.sqrt(statistics.variance(a) / len(a) + statistics.variance(b) / len(b))
    if below < 1e-12:
        return 0.0 if abs(above) < 1e-12 else math.copysign(math.inf, above)
    return above / below


def null_by_hand(a, b, resamples):
    counts = [each.T.astype(int) for each in _resamples(len(a), len(b), resamples)]
    found = []
    for of_a, of_b in zip(*counts, strict=True):
        x, y = ([v for v, c in zip(scores, of, strict=True) for _ in range(c)] for scores, of in ((a, of_a), (b, of_b)))
        assert (len(x), len(y)) == (len(a), len(b))
        found.append(welch_t(x, y, statistics.fmean(a) - statistics.fmean(b)))
    return found


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.integers(6, 9), st.integers(6, 9), st.floats(0, 1.5), st.floats(0.3, 3))
def test_p_is_the_largest_of_welchs_the_modified_and_the_bootstraps(seed, n, k, gap, spread):
    a, b = arms(seed, n, k, gap, spread)
    t = as_few(a, b).statistic
    sign = math.copysign(1, t)
    smaller = min(abs(t), modified(abs(t), sign * third_of(a, b)))
    welchs = 2 * stats.t.sf(smaller, freedom_of(a, b))
    assert welch_p([(a, b)])[0] == pytest.approx(min(1, welchs))
    assert welch_p([(a, b)])[0] >= as_few(a, b).pvalue - 1e-12
    null = null_by_hand(a, b, 99)
    upper, lower = (1 + sum(each >= t for each in null)) / 100, (1 + sum(each <= t for each in null)) / 100
    assert p_of(a, b, 1.0, 99)[0] == pytest.approx(max(min(1, welchs), min(1, 2 * min(upper, lower))))


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.floats(-1.5, 1.5), st.floats(0.2, 4), st.sampled_from([0.0, 1.0]))
def test_equivalence_is_the_largest_of_both_sides_and_of_three_distributions(seed, gap, delta, skew):
    a, b = arms(seed, gap=gap, skew=skew)
    found = p_of(a, b, delta, 99)[1]
    if max(abs(stats.skew(a)), abs(stats.skew(b))) > MOST_SKEWED:
        assert math.isnan(found)
        return
    freedom, error = freedom_of(a, b), error_of(a, b)
    skewness = abs(third_of(a, b))
    null, ps = null_by_hand(a, b, 99), []
    for sign in (1, -1):
        t = sign * as_few(a, b).statistic - delta / error
        ps += [stats.t.cdf(max(t, modified(t, skewness)), freedom), (1 + sum(sign * each <= t for each in null)) / 100]
    assert found == pytest.approx(max(ps))
    assert welch_equivalence_p([(a, b)], delta)[0] == pytest.approx(max(ps[0], ps[2]))


@pytest.mark.parametrize(("n", "k"), [(5, 12), (12, 5), (0, 0)])
def test_fewer_than_six_scores_are_not_tested(n, k):
    assert all(map(math.isnan, p_of([1.0] * n, [2.0] * k, 1.0, 99)))


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.floats(1e-4, 1e4), st.floats(-100, 100))
def test_unit_and_level_do_not_matter(seed, unit, level):
    a, b = arms(seed, gap=0.6)
    moved = [[unit * (value + level) for value in scores] for scores in (a, b)]
    assert p_of(*moved, unit * 1.2, 199) == pytest.approx(p_of(a, b, 1.2, 199), abs=0.02)
    assert p_of(*([-value for value in scores] for scores in (a, b)), 1.2, 199) == pytest.approx(
        p_of(a, b, 1.2, 199), abs=1e-9
    )


def test_constants_differ_or_do_not():
    assert p_of([1.0] * 6, [1.0] * 6, 0.5, 99) == (1.0, 0.01)
    assert p_of([1.0] * 6, [2.0] * 6, 0.5, 99) == (0.02, 1.0)
    p, _ = p_of([1.0] * 6, [2.0, 2.2, 1.8, 2.1, 1.9, 2.0], 0.5, 999)
    assert 0 < p < 0.01


def test_it_errs_about_as_often_as_it_says():
    rng, wrong, equal = np.random.default_rng(0), 0, 0
    for _ in range(800):
        a, b = rng.normal(size=10), 2 * rng.normal(size=8)
        wrong += p_of(a, b, 1.0, 199)[0] < 0.05
        equal += p_of(a + 4.0, b, 4.0, 199)[1] < 0.05
    assert 12 <= wrong <= 60
    assert 12 <= equal <= 60


def test_few_scores_that_may_lack_a_bad_run_do_not_pass_for_better_beside_many():
    """One in eight of the arm's scores is far too low, and the truth is the same: a quarter of samples show none."""
    rng, wrong = np.random.default_rng(3), 0
    for _ in range(600):
        a = rng.normal(size=10) - 6 * ((rng.random(10) < 1 / 8) - 1 / 8)
        wrong += p_of(0.87 / 2.22 * a, 0.5 * rng.normal(size=30), 1.0, 199)[0] < 0.05
    assert wrong <= 36  # with the standard error of all scores it is 50


def test_the_larger_arms_number_of_scores_changes_its_mean_alone():
    a, b = arms(5, n=30, k=9, gap=0.4)
    assert welch_p([(a, b)])[0] >= as_few(a, b).pvalue - 1e-12
    same = arms(6, n=9, k=9)
    assert as_few(*same).pvalue == pytest.approx(stats.ttest_ind(*same, equal_var=False).pvalue)


def test_a_skewed_family_makes_a_claim_less_sure():
    """One arm lacks the low tail that the others show."""
    rng = np.random.default_rng(1)
    calm, base = (rng.normal(size=10) + 1.2).tolist(), rng.normal(size=10).tolist()
    tail = [*(rng.normal(size=9) / 2 + 0.5).tolist(), -5.0]
    alone = welch_p([(calm, base)])[0]
    both = welch_p([(calm, base), (tail, base), (tail, base)])
    assert both[0] > 1.2 * alone
    mirrored = welch_p([([-x for x in calm], base), (tail, base), (tail, base)])
    plain = stats.ttest_ind([-x for x in calm], base, equal_var=False).pvalue
    assert mirrored[0] == pytest.approx(max(plain, welch_p([([-x for x in calm], base)])[0])), "it lies the other way"
    shared = np.mean([third_of(*pair) for pair in ((calm, base), (tail, base), (tail, base))])
    t = welch_t(calm, base)
    smaller = min(t, modified(t, min(shared, third_of(calm, base))))
    assert both[0] == pytest.approx(2 * stats.t.sf(smaller, stats.ttest_ind(calm, base, equal_var=False).df))
    assert welch_equivalence_p([(calm, base), (tail, base)], 4.0)[0] > welch_equivalence_p([(calm, base)], 4.0)[0]


def test_a_pair_that_is_not_tested_changes_nothing():
    pairs = [arms(1, gap=1.0), arms(2, n=5, gap=9.0, skew=4.0), arms(3)]
    found, without = unpaired_p(pairs, 1.0, 99), unpaired_p([pairs[0], pairs[2]], 1.0, 99)
    for ps, fewer in zip(found, without, strict=True):
        assert math.isnan(ps[1])
        assert ps[[0, 2]].tolist() == fewer.tolist()
    assert [each.size for each in unpaired_p([], 1.0, 99)] == [0, 0]

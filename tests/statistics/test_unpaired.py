"""Two arms that share no draws: scipy's Welch, a bootstrap by hand from the same resamples, and known truth."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from harness.statistics.equivalence import MOST_SKEWED
from harness.statistics.unpaired import _resamples, unpaired_p, welch_equivalence_p


def arms(seed, n=9, k=7, gap=0.0, spread=1.0, skew=0.0):
    rng = np.random.default_rng(seed)
    return (
        (rng.normal(size=n) + gap + skew * rng.exponential(size=n)).tolist(),
        (spread * rng.normal(size=k)).tolist(),
    )


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
def test_p_is_the_larger_of_welchs_and_the_bootstraps(seed, n, k, gap, spread):
    a, b = arms(seed, n, k, gap, spread)
    null, t = null_by_hand(a, b, 99), welch_t(a, b)
    upper, lower = (1 + sum(each >= t for each in null)) / 100, (1 + sum(each <= t for each in null)) / 100
    expected = max(stats.ttest_ind(a, b, equal_var=False).pvalue, min(1, 2 * min(upper, lower)))
    assert unpaired_p(a, b, 1.0, 99)[0] == pytest.approx(expected)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.floats(-1.5, 1.5), st.floats(0.2, 4), st.sampled_from([0.0, 1.0]))
def test_equivalence_is_the_largest_of_both_sides_and_of_three_distributions(seed, gap, delta, skew):
    a, b = arms(seed, gap=gap, skew=skew)
    found = unpaired_p(a, b, delta, 99)[1]
    if max(abs(stats.skew(a)), abs(stats.skew(b))) > MOST_SKEWED:
        assert math.isnan(found)
        return
    freedom = stats.ttest_ind(a, b, equal_var=False).df
    error = math.sqrt(statistics.variance(a) / len(a) + statistics.variance(b) / len(b))
    third = [stats.skew(each, bias=False) * statistics.stdev(each) ** 3 / len(each) ** 2 for each in (a, b)]
    skewness = abs(third[0] - third[1]) / error**3
    null, ps = null_by_hand(a, b, 99), []
    for sign in (1, -1):
        t = sign * welch_t(a, b) - delta / error
        modified = t + skewness / 6 + skewness * t**2 / 3 + skewness**2 * t**3 / 27
        ps += [stats.t.cdf(max(t, modified), freedom), (1 + sum(sign * each <= t for each in null)) / 100]
    assert found == pytest.approx(max(ps))
    assert welch_equivalence_p(a, b, delta) == pytest.approx(max(ps[0], ps[2]))


@pytest.mark.parametrize(("n", "k"), [(5, 12), (12, 5), (0, 0)])
def test_fewer_than_six_scores_are_not_tested(n, k):
    assert all(map(math.isnan, unpaired_p([1.0] * n, [2.0] * k, 1.0, 99)))


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.floats(1e-4, 1e4), st.floats(-100, 100))
def test_unit_and_level_do_not_matter(seed, unit, level):
    a, b = arms(seed, gap=0.6)
    moved = [[unit * (value + level) for value in scores] for scores in (a, b)]
    assert unpaired_p(*moved, unit * 1.2, 199) == pytest.approx(unpaired_p(a, b, 1.2, 199), abs=0.02)
    assert unpaired_p(*([-value for value in scores] for scores in (a, b)), 1.2, 199) == pytest.approx(
        unpaired_p(a, b, 1.2, 199), abs=1e-9
    )


def test_constants_differ_or_do_not():
    assert unpaired_p([1.0] * 6, [1.0] * 6, 0.5, 99) == (1.0, 0.01)
    assert unpaired_p([1.0] * 6, [2.0] * 6, 0.5, 99) == (0.02, 1.0)
    p, _ = unpaired_p([1.0] * 6, [2.0, 2.2, 1.8, 2.1, 1.9, 2.0], 0.5, 999)
    assert 0 < p < 0.01


def test_it_errs_about_as_often_as_it_says():
    rng, wrong, equal = np.random.default_rng(0), 0, 0
    for _ in range(800):
        a, b = rng.normal(size=10), 2 * rng.normal(size=8)
        wrong += unpaired_p(a, b, 1.0, 199)[0] < 0.05
        equal += unpaired_p(a + 4.0, b, 4.0, 199)[1] < 0.05
    assert 12 <= wrong <= 60
    assert 12 <= equal <= 60

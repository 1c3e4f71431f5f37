"""Looks at growing numbers of seeds: published boundaries, an independent integral, and simulation with known truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from harness.metric import Metric
from harness.statistics.anytime import Anytime, multiplier
from harness.statistics.comparison import Sample, compare
from harness.statistics.estimates import holm, paired
from harness.statistics.joint import Draws
from harness.statistics.sequential import (
    Planned,
    adjusted_p,
    is_decided,
    levels,
    looks_until,
    quadratic,
)
from harness.statistics.unpaired import welch_equivalence_p, welch_p
from harness.statistics.verdict import Word

ACCURACY = Metric("dev_accuracy", "maximise")

LOOKS = (6, 12, 18, 24, 30)
FEW = Draws(bootstrap=199, flips=200, posterior=0)


def obrien_fleming(alpha, share):
    """Of Lan & DeMets 1983, α/2 a side."""
    return 4 * float(special.ndtr(special.ndtri(alpha / 4) / math.sqrt(share)))


def pocock(alpha, share):
    """Of Lan & DeMets 1983."""
    return alpha * math.log(1 + (math.e - 1) * share)


def bounds(found):
    return [float(-special.ndtri(level / 2)) for level in found]


def test_published_boundaries():
    # The bounds that the program of Lan and DeMets (and R's gsDesign and ldbounds) print for five equal looks.
    assert bounds(levels(0.05, LOOKS, obrien_fleming)) == pytest.approx([4.877, 3.357, 2.680, 2.290, 2.031], abs=6e-4)
    assert bounds(levels(0.05, LOOKS, pocock)) == pytest.approx([2.438, 2.427, 2.410, 2.397, 2.386], abs=6e-4)


@pytest.mark.parametrize("looks", [(6, 30), (6, 12, 20), (10, 11, 40)])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_what_has_been_spent_is_what_a_multivariate_normal_says(looks, alpha):
    found = bounds(levels(alpha, looks))
    n = np.array(looks, dtype=float)
    covariance = np.sqrt(np.minimum.outer(n, n) / np.maximum.outer(n, n))
    for k in range(1, len(looks) + 1):
        within = stats.multivariate_normal(cov=covariance[:k, :k]).cdf(
            found[:k], lower_limit=[-each for each in found[:k]], rng=np.random.default_rng(0)
        )
        assert 1 - within == pytest.approx(quadratic(alpha, looks[k - 1] / looks[-1]), abs=2e-4)


def test_one_look_is_an_ordinary_test_and_more_looks_cost_something():
    assert levels(0.05, (8,)) == pytest.approx([0.05])
    found = levels(0.05, LOOKS)
    assert found[0] == pytest.approx(0.05 / 25)
    assert all(one < two for one, two in zip(found, [*found[1:], 0.05], strict=True))


@pytest.mark.parametrize("look", range(5))
@pytest.mark.parametrize("alpha", [1e-6, 0.01, 0.05 / 3, 0.05, 0.5])
def test_the_adjusted_p_is_the_alpha_whose_level_it_is(look, alpha):
    assert adjusted_p(levels(alpha, LOOKS)[look], LOOKS, look) == pytest.approx(alpha, rel=2e-4)


def test_the_adjusted_p_at_its_ends():
    assert adjusted_p(1.0, LOOKS, 0) == 1.0
    assert adjusted_p(0.0, LOOKS, 3) == pytest.approx(1e-8)
    assert adjusted_p(0.9999, LOOKS, 4) == 1.0
    assert math.isnan(adjusted_p(math.nan, LOOKS, 4))
    ps = [adjusted_p(p, LOOKS, 2) for p in np.geomspace(1e-12, 1, 200)]
    assert ps == sorted(ps)


def test_looks():
    assert looks_until(30) == LOOKS
    assert looks_until(20) == (6, 12, 18, 20)
    assert looks_until(10, block=10) == (10,)
    assert looks_until(5) == (5,)


def draw(rng, shift, seeds):
    shared = rng.normal(80, 1, seeds)
    return [
        Sample(name=name, scores=dict(enumerate(map(float, shared + by + 0.7 * rng.normal(size=seeds)))), stream="one")
        for name, by in zip("abcd", (0.0, *shift), strict=False)
    ]


def at(samples, seeds):
    return [Sample(name=s.name, scores={i: s.scores[i] for i in range(seeds)}, stream=s.stream) for s in samples]


def rows_of(samples):
    base = np.array(list(samples[0].scores.values()))
    return np.array([list(each.scores.values()) for each in samples[1:]]) - base


def smaller_t(row, rows):
    """|t|, or less by Johnson's and Hall's formula where the skewness of the row, or of the family, is in favour."""
    n, t = len(row), stats.ttest_1samp(row, 0).statistic
    of_rows = [stats.skew(each, bias=False) for each in rows]
    own, shared = stats.skew(row, bias=False), np.mean(of_rows)
    g = min(own, shared) if t > 0 else max(own, shared)
    modified = t + g / math.sqrt(n) * (1 / 6 + t**2 / 3) + g**2 * t**3 / (27 * n)
    return min(t, modified) if t > 0 else -max(t, modified)


def test_a_look_has_its_nominal_intervals_and_the_larger_p_of_both_t():
    samples = draw(np.random.default_rng(5), (1.4, 0.9, 0.0), 18)
    found = compare(samples, "a", ACCURACY, 0.5, method=Planned(LOOKS, 2), draws=FEW)
    base, rows = list(samples[0].scores.values()), rows_of(samples)
    for each, sample, row in zip(found, samples[1:], rows, strict=True):
        scores = list(sample.scores.values())
        for interval, alpha in ((each.difference, 0.05), (each.simultaneous, 0.05 / 3)):
            expected = paired(scores, base, 1 - levels(alpha, LOOKS)[2])
            assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))
        p = min(1.0, 2 * stats.t.sf(smaller_t(row, rows), 17))
        assert each.difference.p == pytest.approx(adjusted_p(p, LOOKS, 2))
    assert [each.p_adjusted for each in found] == pytest.approx(holm([each.difference.p for each in found]))


def test_holm_over_sequential_p_passes_alpha_on():
    """Maurer & Bretz step by step: levels of α/m, and what is rejected passes its α on to the rest."""
    rng, passed_on = np.random.default_rng(0), 0
    for _ in range(150):
        samples = draw(rng, (2.0, 0.75), 12)
        rows = rows_of(samples)
        raw = [min(1.0, 2 * stats.t.sf(smaller_t(row, rows), 11)) for row in rows]
        rejected, left = set(), {0, 1}
        while left and (passed := {i for i in left if raw[i] < levels(0.05 / len(left), LOOKS)[1]}):
            rejected |= passed
            left -= passed
        found = compare(samples, "a", ACCURACY, 0.1, method=Planned(LOOKS, 1), draws=FEW)
        assert {i for i, each in enumerate(found) if each.p_adjusted < 0.05} == rejected
        passed_on += 1 in rejected and raw[1] >= levels(0.05 / 2, LOOKS)[1]
    assert passed_on > 5, "the second passes at α/1 and not at α/2"


def test_equivalent_is_the_looks_interval_within_delta():
    """Of symmetric differences, whose modified t is Student's."""
    shape = np.array([-1.5, -1.0, -0.5, -0.25, -0.1, -0.05, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5])
    for look, tiles in ((1, 1), (3, 2)):
        for scale in (0.3, 0.5, 0.8, 1.0):
            row = 0.2 + scale * np.tile(shape, tiles)
            half = stats.t.isf(levels(0.05, LOOKS)[look] / 2, len(row) - 1) * stats.sem(row)
            found = Planned(LOOKS, look).test(row[None], 1.0, FEW).equivalent[0]
            assert (found < 0.05) == (0.2 + half < 1), (look, scale)


def test_equivalence_is_not_told_where_it_is_refused():
    row = np.array([*[0.0] * 11, 3.0])
    assert math.isnan(Planned(LOOKS, 1).test(row[None], 50.0, FEW).equivalent[0])


def test_identical_differences_have_the_p_of_flips():
    found = Planned((6, 12), 0).test(np.full((1, 6), 0.3), 1.0, FEW)
    assert found.single[0] == pytest.approx(adjusted_p(2 / 2**6, (6, 12), 0))
    assert Planned((6, 12), 0).test(np.zeros((1, 6)), 1.0, FEW).single[0] == 1.0


def test_fewer_than_six_values_are_not_tested_and_an_arm_that_lacks_some_has_its_own():
    rows = np.random.default_rng(2).normal(size=(3, 12)) + 1.0
    rows[0, 5:], rows[1, 8:] = math.nan, math.nan
    found = Planned(LOOKS, 1).test(rows, 1.0, FEW)
    alone = Planned(LOOKS, 1).test(rows[1:], 1.0, FEW)
    assert math.isnan(found.single[0])
    assert found.adjusted[1:].tolist() == alone.adjusted.tolist()
    p = min(1.0, 2 * stats.t.sf(smaller_t(rows[1, :8], [rows[1, :8], rows[2]]), 7))
    assert found.single[1] == pytest.approx(adjusted_p(p, LOOKS, 1))


def test_independent_scores_have_welchs_tests_at_the_looks_level():
    rng = np.random.default_rng(4)
    a, b = (rng.normal(80, 1, 12) + 1.5).tolist(), rng.normal(80, 1, 12).tolist()
    (p, short), (p_equivalent, _) = Planned(LOOKS, 1).test_unpaired([(a, b), (a[:5], b)], 4.0, FEW)
    assert p == adjusted_p(welch_p([(a, b)])[0], LOOKS, 1)
    assert p_equivalent == adjusted_p(min(1, 2 * welch_equivalence_p([(a, b)], 4.0)[0]), LOOKS, 1)
    assert math.isnan(short)
    assert Planned(LOOKS, 1).level(0.05) == 1 - levels(0.05, LOOKS)[1]


def test_a_large_difference_is_decided_at_the_first_look_and_a_small_one_later():
    rng = np.random.default_rng(1)
    large, none = draw(rng, (6.0,), 30), draw(rng, (0.0,), 30)
    assert compare(at(large, 6), "a", ACCURACY, 1.0, method=Planned(LOOKS, 0), draws=FEW)[0].verdict.word is Word.BETTER
    verdicts = [
        compare(at(none, n), "a", ACCURACY, 1.0, method=Planned(LOOKS, k), draws=FEW)[0].verdict.word
        for k, n in enumerate(LOOKS)
    ]
    assert verdicts[0] is Word.UNDECIDED
    assert verdicts[-1] is Word.EQUIVALENT


def test_decided_means_all_that_more_units_may_settle():
    samples = draw(np.random.default_rng(1), (6.0, 0.0), 6)
    found = compare(samples, "a", ACCURACY, 1.0, method=Planned(LOOKS, 0), draws=FEW)
    assert [is_decided([each]) for each in found] == [True, False]
    assert not is_decided(found)
    assert is_decided([])
    assert is_decided([found[0].withheld({"a"})]), "more units would not tune the other"
    dead = Sample(name="d", scores={}, failed=frozenset(range(6)), stream="one")
    assert is_decided(compare([samples[0], dead], "a", ACCURACY, 1.0, draws=FEW)), "nor make a run finish"


def test_going_on_without_a_plan_decides_by_the_anytime_test_of_all_units():
    samples = draw(np.random.default_rng(6), (0.9, 0.0), 20)
    found = compare(samples, "a", ACCURACY, 0.5, method=Anytime((10, 20)), draws=FEW)
    expected = Anytime((10, 20)).test(rows_of(samples), 0.5, FEW)
    assert [each.p_adjusted for each in found] == expected.adjusted.tolist()
    for each, row in zip(found, rows_of(samples), strict=True):
        half = float(multiplier(np.array(20.0), 0.05 / 2)) * stats.sem(row)
        assert (each.simultaneous.low, each.simultaneous.high) == pytest.approx((row.mean() - half, row.mean() + half))


def test_looking_five_times_keeps_the_error_and_naive_looking_does_not():
    """300 normal studies without a difference; a repeated interval leaves 0 out if t does, and then p may reject."""
    rng, errors, naive, missed = np.random.default_rng(0), 0, 0, 0
    for _ in range(300):
        row = rng.normal(size=(1, 30))
        errors += any(Planned(LOOKS, k).test(row[:, :n], 0.0, FEW).adjusted[0] < 0.05 for k, n in enumerate(LOOKS))
        ts = [stats.ttest_1samp(row[0, :n], 0).pvalue for n in LOOKS]
        missed += any(p < level for p, level in zip(ts, levels(0.05, LOOKS), strict=True))
        naive += any(p < 0.05 for p in ts)
    assert errors <= missed <= 26 < naive
    assert errors > 4

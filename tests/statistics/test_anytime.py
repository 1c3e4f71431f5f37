"""The anytime-valid test: its E-value as an integral over effects, its interval, and its error under looking."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import integrate, stats

from harness.statistics.anytime import Anytime, e_value, multiplier
from harness.statistics.equivalence import inward_t, is_skewed
from harness.statistics.estimates import holm
from harness.statistics.joint import FULL, t_statistic

SYMMETRIC = np.array([-1.5, -1.0, -0.4, -0.1, 0.1, 0.4, 1.0, 1.5])


def e_of(differences, shift=0.0):
    """By the formula, from a list."""
    n = len(differences)
    t = (np.mean(differences) - shift) / stats.sem(differences)
    r, nu = 1 / (n + 1), n - 1
    return math.sqrt(r) * ((1 + t**2 / nu) / (1 + r * t**2 / nu)) ** (n / 2)


def result_of(differences, looks=(), delta=1.0):
    return Anytime(looks).test(np.asarray(differences, dtype=float), delta, FULL)


@pytest.mark.parametrize("t", [0.0, 0.7, -2.0, 4.5])
@pytest.mark.parametrize("n", [2, 6, 25])
def test_e_is_the_likelihood_ratio_of_standard_normal_effects_to_none(t, n):
    """The density of t at an effect of θ standard deviations is noncentral t; θ is N(0, 1)."""
    above, _ = integrate.quad(
        lambda effect: stats.norm.pdf(effect) * stats.nct.pdf(t, n - 1, effect * math.sqrt(n)), -8, 8, limit=200
    )
    assert e_value(np.array(t), np.array(float(n))) == pytest.approx(above / stats.t.pdf(t, n - 1), rel=1e-4)


@pytest.mark.parametrize("n", [6, 7, 12, 100, 1000])
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 9])
def test_the_interval_ends_where_e_reaches_one_over_alpha(n, alpha):
    half = multiplier(np.array(float(n)), alpha)
    if (n, alpha) == (6, 0.05 / 9):
        assert half == math.inf
        assert e_value(half, np.array(6.0)) < 1 / alpha, "six units cannot reach it, whatever they are"
        return
    assert e_value(half, np.array(float(n))) == pytest.approx(1 / alpha, rel=1e-6)
    assert Anytime().multiplier(np.array([float(n)]), alpha) == pytest.approx(np.array([half]))
    r = 1 / (n + 1)
    c = (1 / (alpha**2 * r)) ** (1 / n)
    assert half == pytest.approx(math.sqrt((n - 1) * (c - 1) / (1 - c * r)))


def test_there_is_no_interval_of_four():
    assert multiplier(np.arange(2.0, 8), 0.05).tolist()[:3] == [math.inf] * 3
    assert np.isfinite(multiplier(np.arange(5.0, 9), 0.05)).all()
    assert Anytime().claims(np.array([5.0, 6.0]), 1)[0] == math.inf, "fewer than six are not tested"
    assert Anytime().claims(np.array([6.0]), 3)[0] == multiplier(np.array(6.0), 0.05 / 3)


def test_p_is_the_smallest_of_the_looks_with_holm_over_the_arms():
    rng = np.random.default_rng(3)
    rows = np.array([[0.9], [0.4], [0.0]]) + 0.7 * rng.normal(size=(3, 24))
    looks = (6, 12, 18, 24)
    single = []
    for row in rows:
        es = [e_of(row[:look]) for look in looks if row[:look].mean() * row.mean() > 0]
        single.append(min(1.0, *(1 / each for each in es)))
    found = result_of(rows, looks)
    assert found.single.tolist() == pytest.approx(single)
    assert found.adjusted.tolist() == pytest.approx(holm(single))
    assert any(p < min(1, 1 / e_of(row)) - 1e-12 for p, row in zip(single, rows, strict=True)), "an earlier look counts"
    assert result_of(rows).single.tolist() == pytest.approx([min(1.0, 1 / e_of(row)) for row in rows])


def test_a_look_that_pointed_the_other_way_is_no_evidence_for_this_one():
    row = np.concatenate([np.array([2.0, 2.1, 1.9, 2.2, 1.8, 2.0]), np.full(30, -1.0) + 0.01 * np.arange(30)])
    assert 1 / e_of(row[:6]) < 0.01
    assert row.mean() < 0
    assert result_of([row], (6, 36)).single[0] == pytest.approx(min(1, 1 / e_of(row)))


def test_equivalent_is_the_looks_interval_within_delta():
    """Of symmetric differences, whose modified t is Student's."""
    for scale in (0.2, 0.3, 0.35, 0.4, 0.5):
        for shift in (-0.3, 0.0, 0.2):
            row = scale * np.tile(SYMMETRIC, 2) + shift
            half = multiplier(np.array(16.0), 0.05) * stats.sem(row)
            inside = abs(shift) + half < 1
            assert (result_of([row]).equivalent[0] < 0.05) == inside, (scale, shift)


@given(st.integers(0, 10**6), st.floats(0.2, 3), st.floats(1e-3, 1e3))
def test_equivalence_is_e_of_what_is_left_to_the_nearer_bound(seed, delta, unit):
    rows = np.random.default_rng(seed).normal(size=(2, 14)) * 0.8
    assume(not is_skewed(rows).any())  # one normal sample in thousands is so skewed that the test is refused
    left = inward_t(rows, delta)
    ps = [1.0 if t <= 0 else min(1.0, 1 / float(e_value(t, np.array(14.0)))) for t in left]
    assert result_of(rows, (), delta).equivalent.tolist() == pytest.approx(holm(ps))
    scaled = result_of(unit * rows, (8, 14), unit * delta)
    whole = result_of(rows, (8, 14), delta)
    assert scaled.adjusted == pytest.approx(whole.adjusted)
    assert scaled.equivalent == pytest.approx(whole.equivalent)


def test_what_lies_far_outside_is_not_equivalent():
    assert result_of([SYMMETRIC + 9.0, -SYMMETRIC - 9.0]).equivalent.tolist() == [1.0, 1.0]


def test_identical_differences_have_the_p_of_flips_at_least():
    assert result_of([[0.3] * 6], (6,), 0.5).single[0] == 2 / 2**6
    assert result_of([[0.0] * 6], (6,), 0.5).single[0] == 1.0
    assert result_of([[0.3] * 30], (30,)).single[0] >= 2 / 2**30


def test_fewer_than_six_values_are_not_tested_and_not_corrected_for():
    rows = np.random.default_rng(1).normal(size=(3, 12)) + 0.8
    rows[1, 5:] = math.nan
    found = result_of(rows, (6, 12))
    assert math.isnan(found.single[1])
    assert found.adjusted[[0, 2]].tolist() == pytest.approx(holm(found.single[[0, 2]].tolist()))
    assert np.isfinite(found.equivalent[[0, 2]]).all()


def test_independent_scores_have_no_such_test():
    assert np.isnan(Anytime().test_unpaired([([1.0] * 8, [2.0] * 8)], 1.0, FULL)).all()
    assert math.isnan(Anytime().level(0.05))
    assert list(Anytime().sizes(3, 9)) == [6, 7, 8, 9]
    assert list(Anytime().sizes(7, 9)) == [8, 9]


def test_looking_after_every_unit_keeps_the_error():
    """2,000 studies, 6 to 120 units each: Student's t at every look would be wrong in a third of them."""
    rng, wrong, naive = np.random.default_rng(0), np.zeros(2_000, bool), np.zeros(2_000, bool)
    values = rng.normal(size=(2_000, 120))
    for n in range(6, 121):
        t = t_statistic(values[:, :n])
        wrong |= e_value(t, np.full(2_000, float(n))) >= 20
        naive |= 2 * stats.t.sf(np.abs(t), n - 1) < 0.05
    assert wrong.mean() < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 2_000)
    assert naive.mean() > 0.25

"""How many units settle a comparison: against posterior studies simulated value by value, and scipy's power."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from harness.statistics.anytime import Anytime, multiplier
from harness.statistics.estimates import Difference
from harness.statistics.forecast import MOST_UNITS, Forecast, detectable, units_to_settle
from harness.statistics.method import FIXED
from harness.statistics.sequential import Planned, levels


def difference(mean, sd, n=10, *, paired=True):
    return Difference(
        n=n, mean=mean, low=math.nan, high=math.nan, sd=sd if paired else math.nan, p=0.5, r=0.5,
        sd_unpaired=2 * sd if paired else sd, paired=paired,
    )  # fmt: skip


def settled(mean, sd, n, size, delta, claim, equate, studies=4_000):
    """The share of posterior studies of ``size`` units that end with |d̄| beyond, or δ − |d̄| beyond, so many errors."""
    rng = np.random.default_rng(5)
    sigma = sd * np.sqrt((n - 1) / rng.chisquare(n - 1, studies))
    truth = mean + sigma / math.sqrt(n) * rng.normal(size=studies)
    more = truth[:, None] + sigma[:, None] * rng.normal(size=(studies, size - n))
    total = (n * mean + more.sum(axis=1)) / size
    squares = (n - 1) * sd**2 + n * (mean - total) ** 2 + ((more - total[:, None]) ** 2).sum(axis=1)
    error = np.sqrt(squares / (size - 1) / size)
    return ((np.abs(total) >= claim * error) | (delta - np.abs(total) >= equate * error)).mean()


CASES = [
    (0.0, 1.0, 10, 0.8, 1),
    (0.5, 1.0, 10, 0.8, 1),
    (0.9, 1.0, 6, 1.0, 5),
    (0.3, 0.5, 20, 0.4, 3),
    (0.1, 1.0, 8, 1.2, 1),
]


@pytest.mark.parametrize(("mean", "sd", "n", "delta", "tests"), CASES)
def test_the_number_settles_four_of_five_posterior_studies_and_a_smaller_one_fewer(mean, sd, n, delta, tests):
    def fixed(size):
        one, two = stats.t.ppf(1 - 0.025 / tests, size - 1), stats.t.ppf(1 - 0.05 / tests, size - 1)
        return settled(mean, sd, n, size, delta, one, two)

    def anytime(size):
        half = float(multiplier(np.array(float(size)), 0.05 / tests))
        return settled(mean, sd, n, size, delta, half, half)

    for method, share in ((FIXED, fixed), (Anytime(), anytime)):
        units = units_to_settle(difference(mean, sd, n), delta, tests, method, 4_000).units
        assert share(units) > 0.78
        assert units == n + 1 or share(units - 1) < 0.82
        if units > n + 6:
            assert share(max(n + 1, units * 2 // 3)) < 0.77


def at_truth(truth, mean, sd, n, size, delta, half, studies=4_000):
    """The share of studies that go on from n to ``size`` units at one true difference, settled at so many errors."""
    rng = np.random.default_rng(6)
    sigma = sd * np.sqrt((n - 1) / rng.chisquare(n - 1, studies))
    more = truth + sigma[:, None] * rng.normal(size=(studies, size - n))
    total = (n * mean + more.sum(axis=1)) / size
    squares = (n - 1) * sd**2 + n * (mean - total) ** 2 + ((more - total[:, None]) ** 2).sum(axis=1)
    error = np.sqrt(squares / (size - 1) / size)
    return ((np.abs(total) >= half * error) | (delta - np.abs(total) >= half * error)).mean()


@pytest.mark.parametrize(("mean", "sd", "n", "delta", "tests"), CASES)
def test_at_worst_it_settles_four_of_five_studies_whatever_is_true_of_what_may_be(mean, sd, n, delta, tests):
    found = units_to_settle(difference(mean, sd, n), delta, tests, Anytime(), 4_000)
    half = float(multiplier(np.array(float(found.at_worst)), 0.05 / tests))
    reach = stats.t.ppf(0.975, n - 1) * sd / math.sqrt(n)
    shares = [
        at_truth(truth, mean, sd, n, found.at_worst, delta, half)
        for truth in np.linspace(-2, 2, 33) * delta
        if abs(truth - mean) <= reach
    ]
    assert 0.77 < min(shares) < 0.86
    assert found.at_worst > found.units


def test_going_on_without_a_plan_takes_about_twice_as_many():
    found = difference(0.3, 1.0)
    ratio = units_to_settle(found, 1.0, 3, Anytime()).units / units_to_settle(found, 1.0, 3).units
    assert 1.4 < ratio < 2.6


def test_planned_looks_are_what_may_be_advised():
    looks = (6, 12, 18, 24, 30)
    found = units_to_settle(difference(0.5, 0.5, 6), 0.8, 1, Planned(looks, 0))
    assert found.units in looks[1:]
    assert found.at_worst in looks[1:]
    n = np.array([11.0, 12.0, 30.0])
    claims = Planned(looks, 0).claims(n, 2)
    nominal = dict(zip(looks, levels(0.05 / 2, looks), strict=True))
    assert claims[0] == math.inf
    assert claims[1:] == pytest.approx([stats.t.isf(nominal[12] / 2, 11), stats.t.isf(nominal[30] / 2, 29)])
    assert units_to_settle(difference(0.5, 0.5, 30), 0.8, 1, Planned(looks, 4)) == Forecast(), "no look is left"


def test_where_only_the_corrected_level_is_in_the_way_a_few_units_do():
    """A difference of five standard errors, six units and several arms: what an old forecast of δ's power missed."""
    found = units_to_settle(difference(3.17, 1.27, 6), 0.5, 4)
    assert found.units == found.at_worst, "a truth of δ/2 is out of the question"
    assert found.units <= 9
    assert units_to_settle(difference(-79.48, 10.0, 6), 0.5, 4) == Forecast(7, 7)


@settings(max_examples=30)
@given(
    st.floats(-2, 2), st.floats(0.05, 2), st.integers(6, 40), st.integers(1, 9), st.floats(0.3, 2), st.floats(1e-3, 1e3)
)
def test_more_than_there_are_whatever_the_unit_and_the_direction(mean, sd, n, tests, delta, unit):
    found = units_to_settle(difference(mean, sd, n), delta, tests, FIXED, 300)
    assert found.units is None or n < found.units <= (found.at_worst or MOST_UNITS) <= MOST_UNITS
    assert found.units or not found.at_worst
    assert units_to_settle(difference(mean * unit, sd * unit, n), delta * unit, tests, FIXED, 300) == found
    turned = units_to_settle(difference(-mean, sd, n), delta, tests, FIXED, 2_000)
    found = units_to_settle(difference(mean, sd, n), delta, tests, FIXED, 2_000)
    assert (turned.units or 1_100) == pytest.approx(found.units or 1_100, rel=0.25, abs=3)  # draws are not mirrored
    more = units_to_settle(difference(mean, sd, n), delta, tests + 5, FIXED, 300).units or math.inf
    assert more >= (units_to_settle(difference(mean, sd, n), delta, tests, FIXED, 300).units or math.inf)


def test_no_number_is_said_where_none_up_to_a_thousand_settles_it_or_nothing_is_known():
    assert units_to_settle(difference(0.03, 1.0), 0.02, 1, Anytime()) == Forecast()
    assert units_to_settle(difference(0.0, 0.0), 1.0, 1) == Forecast()
    assert units_to_settle(difference(math.nan, 1.0), 1.0, 1) == Forecast()
    assert units_to_settle(difference(0.0, math.nan, 1), 1.0, 1) == Forecast()


def test_unpaired_scores_have_the_spread_of_both():
    one = units_to_settle(difference(0.4, 1.0, 12, paired=False), 0.9, 2)
    assert one == units_to_settle(difference(0.4, 1.0, 12), 0.9, 2)


@pytest.mark.parametrize("n", [6, 10, 30])
@pytest.mark.parametrize("tests", [1, 5])
def test_detectable_is_what_a_t_test_at_the_corrected_level_finds_in_four_of_five(n, tests):
    edge = stats.t.ppf(1 - 0.025 / tests, n - 1)
    assert stats.nct.sf(edge, n - 1, detectable(1.0, n, tests) * math.sqrt(n)) == pytest.approx(0.8, abs=1e-6)
    assert detectable(3.0, n, tests) == pytest.approx(3 * detectable(1.0, n, tests))
    anytime = stats.nct.sf(multiplier(np.array(float(n)), 0.05 / tests), n - 1,
                           detectable(1.0, n, tests, Anytime()) * math.sqrt(n))  # fmt: skip
    assert anytime == pytest.approx(0.8, abs=1e-6)


def test_five_units_detect_nothing_and_more_units_detect_less():
    assert math.isnan(detectable(1.0, 5))
    assert math.isnan(detectable(math.nan, 10))
    assert math.isnan(detectable(1.0, 11, 1, Planned((6, 12), 0)))
    found = [detectable(1.0, n, 3) for n in range(6, 60)]
    assert found == sorted(found, reverse=True)
    assert detectable(0.0, 10) == 0.0

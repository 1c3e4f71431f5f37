"""The words: each case of the protocol's sentence, the edges between them, and the number of seeds that is advised."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metric import Metric
from harness.statistics.estimates import Difference, seeds_needed
from harness.statistics.verdict import (
    Verdict,
    Word,
    fewest_seeds,
    seeds_to_settle,
    seeds_with_power,
    smallest_difference,
)

DELTA = 0.5


def difference(low, high, n=10, sd=1.0, *, paired=True):
    mean = (low + high) / 2
    return Difference(n=n, mean=mean, low=low, high=high, sd=sd, p=0.01, r=0.5, sd_unpaired=2.0, paired=paired)


def word(low, high, p_holm=0.01, delta=DELTA, **given):
    return Verdict.of(difference(low, high, **given), p_holm, delta).word


@pytest.mark.parametrize(
    ("low", "high", "p_holm", "expected"),
    [
        (0.25, 1.0, 0.01, Word.BETTER),
        (0.25, 0.75, 0.049, Word.BETTER),  # the mean is δ exactly
        (0.1, 0.5, 0.01, Word.BETTER_NEGLIGIBLE),
        (0.1, 0.5, 0.2, Word.EQUIVALENT),  # no direction without Holm's p
        (-0.1, 0.5, 0.01, Word.EQUIVALENT),
        (-0.5, 0.5, 1.0, Word.EQUIVALENT),
        (-0.5, 0.1, 0.01, Word.EQUIVALENT),
        (-0.5, -0.1, 0.01, Word.WORSE_NEGLIGIBLE),
        (-0.5, -0.1, 0.2, Word.EQUIVALENT),
        (-1.0, -0.25, 0.01, Word.WORSE),
        (-0.75, -0.25, 0.01, Word.WORSE),
    ],
)
def test_each_word(low, high, p_holm, expected):
    assert Verdict.of(difference(low, high), p_holm, DELTA) == Verdict(expected)


@pytest.mark.parametrize(
    ("low", "high", "p_holm"),
    [
        (0.25, 1.0, 0.05),  # not below 0.05
        (0.0, 1.2, 0.01),  # the interval is not above 0
        (0.1, 0.6, 0.01),  # surely better, and nobody knows whether by δ
        (-0.51, 0.5, 1.0),
        (-1.0, -0.25, 0.05),
        (-1.2, 0.0, 0.01),
        (math.nan, math.nan, math.nan),
    ],
)
def test_all_else_is_undecided(low, high, p_holm):
    found = Verdict.of(difference(low, high), p_holm, DELTA)
    assert found.word is Word.UNDECIDED
    assert (found.settles, found.direction, found.negligible) == (False, 0, False)


def test_below_six_seeds_there_is_no_verdict():
    assert word(5.0, 6.0, n=5) is Word.EXPLORATORY
    assert word(5.0, 6.0, n=6) is Word.BETTER
    assert word(math.nan, math.nan, n=0) is Word.EXPLORATORY
    assert not Verdict(Word.EXPLORATORY).settles
    assert Verdict(Word.BETTER_NEGLIGIBLE).settles


def test_what_a_word_says():
    directions = [Verdict(word).direction for word in Word]
    assert directions == [1, 1, 0, 0, -1, -1, 0]
    assert {word for word in Word if Verdict(word).negligible} == {Word.BETTER_NEGLIGIBLE, Word.WORSE_NEGLIGIBLE}
    assert {word for word in Word if not Verdict(word).settles} == {Word.UNDECIDED, Word.EXPLORATORY}


@given(st.floats(-2, 2), st.floats(0, 2), st.floats(0, 0.1), st.floats(0, 1), st.integers(4, 40))
def test_better_and_worse_are_mirror_images(mean, half, p_holm, delta, n):
    one = difference(mean - half, mean + half, n=n)
    found, mirrored = (Verdict.of(each, p_holm, delta) for each in (one, one.negated))
    assert (mirrored.direction, mirrored.negligible, mirrored.seeds) == (
        -found.direction, found.negligible, found.seeds,
    )  # fmt: skip
    assert mirrored.word is found.word or found.direction


def test_the_advice_is_the_protocols_number():
    wide = difference(-1.0, 1.2, n=10, sd=1.5)
    assert seeds_needed(1.5, DELTA) == 73  # ((1.9935 + 0.8468)·3)² = 72.6, t at 72
    assert Verdict.of(wide, 0.5, DELTA) == Verdict(Word.UNDECIDED, 73)
    unpaired = difference(-1.0, 1.2, paired=False, sd=math.nan)
    assert Verdict.of(unpaired, 0.5, DELTA) == Verdict(Word.UNDECIDED, seeds_needed(2.0, DELTA))


def test_the_advice_names_a_number_at_which_the_test_can_reject():
    sure = difference(5.0, 6.0, n=6, sd=0.4)
    assert Verdict.of(sure, 0.0625, DELTA, fewest_seeds(2)) == Verdict(Word.UNDECIDED, 8)
    assert seeds_needed(0.1, DELTA) == 3
    assert Verdict.of(replace(sure, sd=0.1), 0.0625, DELTA, fewest_seeds(2)) == Verdict(Word.UNDECIDED, 7)


@pytest.mark.parametrize("tests", range(1, 200))
def test_the_fewest_seeds_reject_and_one_fewer_does_not(tests):
    n = fewest_seeds(tests)
    assert tests * 2 / 2**n < 0.05
    assert n == 6 or tests * 2 / 2 ** (n - 1) >= 0.05


def test_with_the_advised_seeds_already_there_the_interval_has_to_shrink_into_delta():
    # Surely better, by 0.4 or so: whether that is 0.5 or not needs an interval half as wide.
    near = difference(0.125, 0.625, n=40, sd=0.6)
    assert seeds_with_power(near, DELTA) == 14
    assert seeds_to_settle(near, DELTA) == 160
    assert seeds_to_settle(difference(0.4, 0.8, n=40, sd=0.6), DELTA) == 41
    assert seeds_to_settle(difference(0.3, 0.7 - 1e-6, n=40, sd=0.6), DELTA) is None
    assert Verdict.of(difference(0.3, 0.7 - 1e-6, n=40, sd=0.6), 0.01, DELTA) == Verdict(Word.UNDECIDED)


@given(st.floats(-2, 2), st.floats(0.01, 2), st.floats(0, 1), st.floats(0, 3), st.integers(6, 60))
def test_an_undecided_verdict_asks_for_more_seeds_than_there_are(mean, half, p_holm, sd, n):
    found = Verdict.of(difference(mean - half, mean + half, n=n, sd=sd), p_holm, DELTA)
    assert found.seeds is None or found.seeds > n


def test_the_smallest_difference_that_matters():
    spread = [88.0, 90.0, 92.0]
    assert smallest_difference(spread, Metric("dev_accuracy", "maximise")) == 1.0
    assert smallest_difference([90.0, 90.01], Metric("dev_accuracy", "maximise")) == 0.1
    assert smallest_difference([0.30, 0.32, 0.34], Metric("dev_loss", "minimise")) == pytest.approx(0.01)
    assert smallest_difference(spread, Metric("dev_accuracy", "maximise"), 0.25) == 0.25
    assert smallest_difference([90.0], Metric("dev_uas", "maximise")) == 0.1
    assert math.isnan(smallest_difference([0.3], Metric("dev_loss", "minimise")))
    assert smallest_difference([0.3], Metric("dev_loss", "minimise"), 0.01) == 0.01

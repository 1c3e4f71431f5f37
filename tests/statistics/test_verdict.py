"""The words: each case of the protocol's sentence, the edges between them, what takes a claim back, and δ."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metric import Metric
from harness.statistics.estimates import Interval
from harness.statistics.verdict import Verdict, Word, smallest_difference

DELTA = 0.5

CLAIMS = [
    (0.55, 1.0, Word.BETTER),
    (0.5, 1.0, Word.BETTER),  # low = δ
    (0.4999, 1.0, Word.BETTER_UNCLEAR),
    (0.1, 0.5001, Word.BETTER_UNCLEAR),
    (0.1, 0.5, Word.BETTER_NEGLIGIBLE),  # high = δ
    (-0.1, 0.4, Word.BETTER_NEGLIGIBLE),  # the joint test claims what the simultaneous interval just does not
    (-0.1, 0.9, Word.BETTER_UNCLEAR),
]


def verdict(low, high, p=0.01, p_equivalent=0.5, n=10, delta=DELTA):
    return Verdict.of((low + high) / 2, Interval(low, high), n=n, p=p, p_equivalent=p_equivalent, delta=delta)


@pytest.mark.parametrize(("low", "high", "word"), CLAIMS)
def test_each_claim_and_its_mirror_image(low, high, word):
    assert verdict(low, high, p_equivalent=0.01) == Verdict(word), "a claim comes first"
    assert verdict(-high, -low, p_equivalent=0.01) == Verdict(Word[word.name.replace("BETTER", "WORSE")])
    large = Word.BETTER_UNCLEAR if word is Word.BETTER_NEGLIGIBLE else word
    for p_equivalent in (0.05, 0.5, math.nan):  # as where a skew may hide what is larger
        assert verdict(low, high, p_equivalent=p_equivalent) == Verdict(large)


@pytest.mark.parametrize(("low", "high", "word"), CLAIMS)
@pytest.mark.parametrize("p", [0.05, 0.2, math.nan])
def test_an_interval_alone_claims_nothing(low, high, word, p):
    assert verdict(low, high, p) == Verdict(Word.UNDECIDED)
    assert verdict(low, high, p, p_equivalent=0.0499) == Verdict(Word.EQUIVALENT)
    assert verdict(low, high, p, p_equivalent=0.05) == Verdict(Word.UNDECIDED)
    assert verdict(low, high, p, p_equivalent=math.nan) == Verdict(Word.UNDECIDED), "too skewed to be told"


def test_without_an_interval_a_claim_has_no_size_and_without_a_difference_no_direction():
    lone = Verdict.of(2.0, Interval(math.nan, math.nan), n=6, p=0.01, p_equivalent=0.9, delta=DELTA)
    assert lone == Verdict(Word.BETTER_UNCLEAR)
    assert Verdict.of(0.0, Interval(-1, 1), n=6, p=0.01, p_equivalent=0.9, delta=DELTA) == Verdict(Word.UNDECIDED)


def test_without_delta_a_claim_has_no_size():
    assert verdict(0.55, 1.0, delta=math.nan) == Verdict(Word.BETTER_UNCLEAR)
    assert verdict(0.1, 1.0, delta=0.0) == Verdict(Word.BETTER)


def test_below_six_units_there_is_no_verdict():
    assert [verdict(5.0, 6.0, n=n, p_equivalent=0.01).word for n in (0, 4, 5, 6)] == [
        *[Word.EXPLORATORY] * 3,
        Word.BETTER,
    ]


def test_what_a_word_says():
    words = {word: Verdict(word) for word in Word}
    assert [each.direction for each in words.values()] == [1, 1, 1, 0, 0, -1, -1, -1, 0]
    assert {word for word, each in words.items() if each.negligible} == {Word.BETTER_NEGLIGIBLE, Word.WORSE_NEGLIGIBLE}
    assert {word for word, each in words.items() if each.unclear} == {Word.BETTER_UNCLEAR, Word.WORSE_UNCLEAR}
    assert {word for word, each in words.items() if not each.settles} == {Word.UNDECIDED, Word.EXPLORATORY}
    assert {word for word, each in words.items() if each.is_open} == {Word.UNDECIDED, Word.EXPLORATORY}


@pytest.mark.parametrize("word", Word)
def test_a_claim_is_taken_back_and_then_more_units_do_not_help(word):
    verdict = Verdict(word)
    withheld, refused = verdict.withhold("sgd"), verdict.refuse("adam")
    if not verdict.direction:
        assert withheld == refused == verdict
        return
    assert withheld == Verdict(Word.UNDECIDED, withheld="sgd")
    assert refused == Verdict(Word.UNDECIDED, failing="adam")
    for taken in (withheld, refused):
        assert (taken.settles, taken.is_open, taken.direction, taken.units) == (False, False, 0, None)


@given(st.floats(-2, 2), st.floats(0, 2), st.floats(0, 0.1), st.floats(0, 0.1), st.floats(0, 1), st.integers(4, 40))
def test_better_and_worse_are_mirror_images(mean, half, p, p_equivalent, delta, n):
    given = {"n": n, "p": p, "p_equivalent": p_equivalent, "delta": delta}
    interval = Interval(mean - half, mean + half)
    found, mirrored = Verdict.of(mean, interval, **given), Verdict.of(-mean, interval.negated, **given)
    assert (mirrored.direction, mirrored.negligible, mirrored.unclear) == (
        -found.direction, found.negligible, found.unclear,
    )  # fmt: skip
    assert mirrored.word is found.word or found.direction


# δ


def test_the_smallest_difference_that_matters_is_half_of_the_pooled_spread():
    """Pooled within the arms: their levels do not count, and an arm weighs by its degrees of freedom."""
    groups = [[88.0, 90.0, 92.0], [50.0, 50.0, 50.0, 50.0, 60.0]]
    freedoms = [len(each) - 1 for each in groups]
    pooled = sum(f * np.var(each, ddof=1) for f, each in zip(freedoms, groups, strict=True)) / sum(freedoms)
    accuracy, loss = Metric("dev_accuracy", "maximise"), Metric("dev_loss", "minimise")
    assert smallest_difference(groups, accuracy) == pytest.approx(math.sqrt(pooled) / 2)
    assert smallest_difference([[88.0, 90.0, 92.0]], accuracy) == 1.0
    assert smallest_difference([[90.0, 90.01, 90.0]], accuracy) == 0.1, "a tenth of a point at least"
    assert smallest_difference([[0.30, 0.32, 0.34], [7.0]], loss) == pytest.approx(0.01)
    assert smallest_difference([[90.0], []], accuracy) == 0.1
    assert smallest_difference([], accuracy) == 0.1
    assert math.isnan(smallest_difference([[0.3]], loss))

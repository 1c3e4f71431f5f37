"""Verdicts in words: what tables hold, and what the terminal has room for."""

from __future__ import annotations

import pytest

from harness.analysis.verdicts import WORDS, in_full, in_short
from harness.statistics.verdict import Verdict, Word


@pytest.mark.parametrize(
    ("verdict", "full", "short"),
    [
        (Verdict(Word.BETTER), "better", "better"),
        (Verdict(Word.BETTER_NEGLIGIBLE), "better, negligible", "better, negligible"),
        (Verdict(Word.EQUIVALENT), "equivalent", "equivalent"),
        (Verdict(Word.BETTER_UNCLEAR), "better, size unclear", "better, size unclear"),
        (Verdict(Word.WORSE_UNCLEAR), "worse, size unclear", "worse, size unclear"),
        (Verdict(Word.WORSE_NEGLIGIBLE), "worse, negligible", "worse, negligible"),
        (Verdict(Word.WORSE), "worse", "worse"),
        (Verdict(Word.EXPLORATORY), "exploratory", "exploratory"),
        (
            Verdict(Word.UNDECIDED, 24, 24),
            "undecided, about 24 seeds in all would settle it",
            "undecided, about 24 seeds",
        ),
        (
            Verdict(Word.UNDECIDED, 24, 1000),
            "undecided, about 24 to 1,000 seeds in all would settle it",
            "undecided, about 24 to 1,000 seeds",
        ),
        (
            Verdict(Word.UNDECIDED, 12, most=30),
            "undecided, about 12 to over 30 seeds in all would settle it",
            "undecided, about 12 to over 30 seeds",
        ),
        (Verdict(Word.UNDECIDED), "undecided, not within 1,000 seeds", "undecided, not within 1,000 seeds"),
        (Verdict(Word.BETTER).withhold("sgd"), "undecided, sgd is not tuned", "undecided, sgd is not tuned"),
        (Verdict(Word.WORSE).refuse("adam"), "undecided, adam fails more often", "undecided, adam fails more often"),
    ],
)
def test_every_verdict_has_its_words(verdict, full, short):
    assert (in_full(verdict, "seed"), in_short(verdict, "seed")) == (full, short)


def test_every_word_is_shown():
    assert set(WORDS) == set(Word)


def test_the_unit_is_named():
    assert in_full(Verdict(Word.UNDECIDED, 12, 12), "search") == "undecided, about 12 searches in all would settle it"
    assert in_short(Verdict(Word.UNDECIDED), "run") == "undecided, not within 1,000 runs"

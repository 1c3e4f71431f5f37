"""Verdicts in words: what tables hold, and what the terminal has room for."""

from __future__ import annotations

import pytest

from harness.analysis.verdicts import in_full, in_short
from harness.statistics.verdict import Verdict, Word


@pytest.mark.parametrize(
    ("verdict", "full", "short"),
    [
        (Verdict(Word.BETTER), "better", "better"),
        (Verdict(Word.BETTER_NEGLIGIBLE), "better, negligible", "better, negligible"),
        (Verdict(Word.EQUIVALENT), "equivalent", "equivalent"),
        (Verdict(Word.WORSE_NEGLIGIBLE), "worse, negligible", "worse, negligible"),
        (Verdict(Word.WORSE), "worse", "worse"),
        (Verdict(Word.EXPLORATORY), "exploratory", "exploratory"),
        (Verdict(Word.UNDECIDED, 24), "undecided, about 24 seeds would settle it", "undecided, about 24 seeds"),
        (Verdict(Word.UNDECIDED), "undecided, more seeds hardly help", "undecided, more seeds hardly help"),
    ],
)
def test_every_verdict_has_its_words(verdict, full, short):
    assert (in_full(verdict), in_short(verdict)) == (full, short)

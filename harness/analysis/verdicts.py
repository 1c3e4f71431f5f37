"""Verdicts as table cells; report/answer.py makes sentences of them."""

from __future__ import annotations

from harness.statistics.verdict import Verdict, Word

WORDS = {
    Word.BETTER: "better",
    Word.BETTER_NEGLIGIBLE: "better, negligible",
    Word.EQUIVALENT: "equivalent",
    Word.UNDECIDED: "undecided",
    Word.WORSE_NEGLIGIBLE: "worse, negligible",
    Word.WORSE: "worse",
    Word.EXPLORATORY: "exploratory",
}


def in_full(verdict: Verdict) -> str:
    """A verdict for a table: ``undecided, about 24 seeds would settle it``."""
    return _with(verdict, more_seeds(verdict))


def in_short(verdict: Verdict) -> str:
    """A verdict for a column of a terminal: ``undecided, about 24 seeds``."""
    return _with(verdict, f"about {verdict.seeds} seeds" if verdict.seeds else more_seeds(verdict))


def more_seeds(verdict: Verdict) -> str:
    """Whether more seeds would settle an undecided comparison: ``about 24 seeds would settle it``."""
    return f"about {verdict.seeds} seeds would settle it" if verdict.seeds else "more seeds hardly help"


def _with(verdict: Verdict, seeds: str) -> str:
    words = WORDS[verdict.word]
    return f"{words}, {seeds}" if verdict.word is Word.UNDECIDED else words

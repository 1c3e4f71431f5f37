"""Verdicts as table cells; report/answer.py makes sentences of them."""

from __future__ import annotations

from harness.statistics.verdict import Verdict, Word
from harness.wording import plural

WORDS = {
    Word.BETTER: "better",
    Word.BETTER_UNCLEAR: "better, size unclear",
    Word.BETTER_NEGLIGIBLE: "better, negligible",
    Word.EQUIVALENT: "equivalent",
    Word.UNDECIDED: "undecided",
    Word.WORSE_NEGLIGIBLE: "worse, negligible",
    Word.WORSE_UNCLEAR: "worse, size unclear",
    Word.WORSE: "worse",
    Word.EXPLORATORY: "exploratory",
}


def in_full(verdict: Verdict, unit: str) -> str:
    """A verdict for a table: ``undecided, about 24 seeds would settle it``. ``unit``: seed, run or search."""
    return _with(verdict, what_settles(verdict, unit))


def in_short(verdict: Verdict, unit: str) -> str:
    """A verdict for a column of a terminal: ``undecided, about 24 seeds``."""
    about = f"about {plural(verdict.units, unit)}" if verdict.units else what_settles(verdict, unit)
    return _with(verdict, about)


def what_settles(verdict: Verdict, unit: str) -> str:
    """What an undecided comparison lacks: ``about 24 seeds would settle it``, ``sgd is not tuned``."""
    if verdict.withheld:
        return f"{verdict.withheld} is not tuned"
    if verdict.failing:
        return f"{verdict.failing} fails more often"
    if verdict.units:
        return f"about {plural(verdict.units, unit)} would settle it"
    return f"not within {plural(verdict.most, unit)}"


def _with(verdict: Verdict, settles: str) -> str:
    words = WORDS[verdict.word]
    return f"{words}, {settles}" if verdict.word is Word.UNDECIDED else words

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


SETTLES = " would settle it"


def in_full(verdict: Verdict, unit: str) -> str:
    """A verdict for a table: ``undecided, about 24 seeds in all would settle it``. ``unit``: seed, run or search."""
    return _with(verdict, what_settles(verdict, unit))


def in_short(verdict: Verdict, unit: str) -> str:
    """A verdict for a column of a terminal: ``undecided, about 24 to 60 seeds``."""
    return _with(verdict, what_settles(verdict, unit).removesuffix(f" in all{SETTLES}"))


def what_settles(verdict: Verdict, unit: str) -> str:
    """What an undecided comparison lacks: ``about 24 to 60 seeds in all would settle it``, ``sgd is not tuned``.

    The first number holds on average over what the difference may be, the second at worst.
    """
    if verdict.withheld:
        return f"{verdict.withheld} is not tuned"
    if verdict.failing:
        return f"{verdict.failing} fails more often"
    if verdict.units:
        return f"about {_numbers(verdict, unit)} in all{SETTLES}"
    return f"not within {plural(verdict.most, unit)}"


def _numbers(verdict: Verdict, unit: str) -> str:
    """``24 seeds``, ``24 to 60 seeds``, ``24 to over 1,000 seeds``."""
    worst = "over " + plural(verdict.most, unit) if verdict.at_worst is None else plural(verdict.at_worst, unit)
    return worst if verdict.at_worst == verdict.units else f"{verdict.units:,} to {worst}"


def _with(verdict: Verdict, settles: str) -> str:
    words = WORDS[verdict.word]
    return f"{words}, {settles}" if verdict.word is Word.UNDECIDED else words

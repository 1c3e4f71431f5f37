"""How intervals and verdicts of a study are to be read, in words."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis.verdicts import WORDS
from harness.records.results import Results
from harness.statistics.comparison import Comparison
from harness.statistics.verdict import Word
from harness.wording import clean, plural, plural_of


def level_of(comparisons: Sequence[Comparison]) -> str:
    """The kind of interval that differences are shown with, for captions of charts and columns."""
    return "simultaneous 95% interval" if family_of(comparisons) > 1 else "95% interval"


def family_of(comparisons: Sequence[Comparison]) -> int:
    """For how many comparisons together the intervals hold."""
    return max((comparison.family for comparison in comparisons), default=1)


def together(comparisons: Sequence[Comparison]) -> str:
    """A clause where intervals hold together, ``the intervals of all 4 hold together with 95%``; else ''."""
    family = family_of(comparisons)
    return f"the intervals of all {family} hold together with 95%" if family > 1 else ""


def looks_in_words(results: Results) -> str:
    """A sentence on when the verdicts were looked at, and what their intervals and p allow for; '' for one look."""
    if not (results.looks or results.went_on) or len(results.arms) == 1:
        return ""
    before = [look for look in results.looked if look.seeds < results.seen]
    units = plural_of(results.unit)
    if results.went_on:
        at = " and ".join(str(look.seeds) for look in before)
        history = "; ".join(
            f"at {plural(look.seeds, results.unit)} they were "
            + ", ".join(f"{clean(arm)} {WORDS[Word(word)]}" for arm, word in look.verdicts.items())
            for look in before
        )
        return (
            f"{units.capitalize()} were added after the verdicts of {at} had been seen, so intervals of differences "
            f"and p are those that hold however often one looks; {history}."
        )
    return (
        f"Verdicts were looked at after {', '.join(map(str, results.looks))} {units}, as far as it took, and as "
        "planned: intervals of differences are repeated confidence intervals, and p is of a sequential test."
    )

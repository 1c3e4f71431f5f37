"""How intervals and verdicts of a study are to be read, in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from harness.analysis.verdicts import WORDS
from harness.records.decisions import SmallestDifference
from harness.records.results import Results
from harness.statistics.comparison import Comparison
from harness.statistics.estimates import FEWEST_FOR_INTERVAL
from harness.statistics.joint import FEWEST
from harness.statistics.verdict import Word
from harness.wording import amount, clean, digits, plural, plural_of

NAMED = 3
"""The most comparisons that a sentence names."""


def level_of(comparisons: Sequence[Comparison]) -> str:
    """The kind of interval that differences are shown with, for captions of charts and columns."""
    return "simultaneous 95% interval" if family_of(comparisons) > 1 else "95% interval"


def family_of(comparisons: Sequence[Comparison]) -> int:
    """For how many comparisons together the intervals hold."""
    return max((comparison.family for comparison in comparisons), default=1)


def together(comparisons: Sequence[Comparison], unit: str) -> str:
    """A clause where intervals hold together, ``the intervals of all 4 hold together with 95%``; else ''.

    ``unit``: what the statistics count. Comparisons of too few units for a verdict are not corrected for.
    """
    family = family_of(comparisons)
    if family < 2:
        return ""
    shown = sum(not math.isnan(comparison.simultaneous.low) for comparison in comparisons)
    of = "both" if family == 2 else f"all {family}"
    if shown > family:
        of = f"the {family} with {plural(FEWEST, unit)} or more"
    return f"the intervals of {of} hold together with 95%"


def single_values(shown: Iterable[Sequence[float]]) -> str:
    """A clause where some have too few values for an interval, ``shown``: the values of each; else ''."""
    few = any(1 < len(values) < FEWEST_FOR_INTERVAL for values in shown)
    return f"in parentheses, of fewer than {FEWEST_FOR_INTERVAL}, the values themselves" if few else ""


def what_matters(results: Results) -> str:
    """``0.27 UAS, half of …``: δ and where it comes from; '' where there is none."""
    delta, study = results.delta, results.study
    if math.isnan(delta):
        return ""
    size = amount(delta, digits(delta, math.nan, math.nan), results.metric)
    if study.smallest_difference is not None:
        return f"{size}, as the study says"
    if any(isinstance(decision, SmallestDifference) for decision in results.decisions):
        return f"{size}, half of the defaults' spread, set before confirmation"
    return f"{size}, by the default rule"


def puzzling(comparisons: Sequence[Comparison]) -> str:
    """A sentence that names the verdicts which their intervals do not suggest; '' if there is none.

    The tests allow for skewed scores, of which the intervals know nothing, and two one-sided tests are of less than δ.
    """
    away = [
        comparison
        for comparison in comparisons
        if comparison.verdict.word is Word.UNDECIDED and comparison.verdict.is_open and _leaves_out_zero(comparison)
    ]
    wide = [
        comparison
        for comparison in comparisons
        if comparison.verdict.word is Word.EQUIVALENT
        and max(-comparison.simultaneous.low, comparison.simultaneous.high) > comparison.delta
    ]
    several = len({comparison.b for comparison in comparisons}) > 1
    clauses = [
        f"{_named(group, several=several)} {'is' if len(group) == 1 else 'are'} {how}"
        for group, how in (
            (away, "undecided although the interval leaves out 0"),
            (wide, "equivalent although the interval reaches beyond what matters"),
        )
        if group
    ]
    return f"Verdicts follow the tests, not the intervals: {'; '.join(clauses)}." if clauses else ""


def _leaves_out_zero(comparison: Comparison) -> bool:
    return comparison.simultaneous.low > 0 or comparison.simultaneous.high < 0


def _named(comparisons: Sequence[Comparison], *, several: bool) -> str:
    names = [
        f"{clean(comparison.a)} against {clean(comparison.b)}" if several else clean(comparison.a)
        for comparison in comparisons
    ]
    rest = len(names) - NAMED
    shown = [*names[:NAMED], *([f"{rest} more"] if rest > 0 else [])]
    separator = "; " if any("," in name for name in names) else ", "
    return shown[0] if len(shown) == 1 else f"{separator.join(shown[:-1])} and {shown[-1]}"


def looks_in_words(results: Results) -> str:
    """A sentence on when the verdicts were looked at, and what their intervals and p allow for; '' for one look."""
    if not results.is_sequential or not results.judged:
        return ""
    units = plural_of(results.unit)
    if results.went_on:
        before = [look for look in results.looked if look.claimed and look.seeds < results.seen]
        history = "; ".join(
            f"at {plural(look.seeds, results.unit)} "
            + ", ".join(f"{clean(arm)} {WORDS[Word(word)]}" for arm, word in look.verdicts.items())
            for look in before
        )
        return (
            f"{units.capitalize()} were added after verdicts had been seen ({history}), so intervals of differences "
            "and p are those that hold however often one looks."
        )
    looks = ", ".join(map(str, results.looks))
    here = f"; this is the one after {results.seen}" if results.seen in results.looks else ""
    return (
        f"Looks at the verdicts were planned after {looks} {units}, as long as one is open{here}: intervals of "
        "differences are repeated confidence intervals, and p is of a sequential test."
    )

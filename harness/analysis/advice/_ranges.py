"""Warnings about the ranges of the search: EDGE and SHARED-RANGE."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from statistics import median

from harness.analysis.advice._base import Advice, chosen_values, space_line, space_of, traits
from harness.analysis.advice._widening import Side, ends_there, widened
from harness.plugin.names import split_name
from harness.plugin.ranges import Range
from harness.records.results import Results, has_searched
from harness.records.selection import finished, search_records, shortlist
from harness.wording import brief

CHOSEN, BEST = 0.05, 0.10
"""EDGE warns of a chosen value, or a median of the best three, in this outer share of a range, on its scale."""


def edge(results: Results) -> Iterator[Advice]:
    """EDGE: a good value lies at the end of its range, so that a better one may lie beyond it."""
    for arm in results.arms:
        chosen = chosen_values(results, arm)
        trials = len(finished(search_records(results.records, arm)))
        best = [record.configured().hyperparameters() for record in shortlist(results.records, arm, results.metric, 3)]
        for name, domain in space_of(results, arm).items() if has_searched(results, arm) else ():
            if not isinstance(domain, Range):
                continue
            values = [float(of_trial[name]) for of_trial in best if name in of_trial]
            candidates = [(float(chosen[name]), CHOSEN, "the chosen value")] if name in chosen else []
            if len(values) == 3:
                candidates.append((median(values), BEST, "the median of the best 3"))
            for value, share, what in candidates:
                outside = _outside(results, arm, name, domain, value, share)
                if outside:
                    side, change = outside
                    yield Advice(
                        id="EDGE",
                        arm=arm,
                        evidence=f"{name}: {what} of {trials} trials, {brief(value)}, lies in the outer {share:.0%} of "
                        f"{domain}, at the {'lower' if side == 'low' else 'upper'} end",
                        advice="widen the range and run again in a new folder: a better value may lie beyond it",
                        change=change,
                    )
                    break


def _outside(
    results: Results, arm: str, name: str, domain: Range, value: float, share: float
) -> tuple[Side, str] | None:
    """The end of the range at which a value lies, and the line for [space] that moves that end.

    None if the value lies well within the range, or the end is a natural limit.
    """
    position = domain.position(value)
    if share < position < 1 - share:
        return None
    side: Side = "low" if position <= share else "high"
    choice, component, last = split_name(name)
    limits = traits(results, arm, choice, component).natural_limits.get(last, ())
    wider = widened(domain, side, limits)
    return None if ends_there(domain, side, limits) or wider is None else (side, space_line(name, wider))


def shared_range(results: Results) -> Iterator[Advice]:
    """SHARED-RANGE: two hyperparameters that mean different things are searched in the same range."""
    ranges: dict[str, tuple[Range, str]] = {}
    for arm in results.arms:
        for name, domain in space_of(results, arm).items():
            choice, component, last = split_name(name)
            meaning = traits(results, arm, choice, component).meanings.get(last)
            if meaning and isinstance(domain, Range):
                ranges[name] = (domain, meaning)
    for first, second in combinations(ranges, 2):
        (domain, meaning), (other_domain, other_meaning) = ranges[first], ranges[second]
        same_name = split_name(first)[::2] == split_name(second)[::2]
        if same_name and domain == other_domain and meaning != other_meaning:
            yield Advice(
                id="SHARED-RANGE",
                arm="",
                evidence=f"{first} ({meaning}) and {second} ({other_meaning}) are both searched in {domain}",
                advice="give each a range of its own, or leave both out of [space]: components bring theirs",
            )

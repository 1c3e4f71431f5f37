"""Warnings about the ranges of the search: EDGE and SHARED-RANGE."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations

from harness.analysis.advice._base import Advice, space_line, space_of, traits
from harness.plugin.names import split_name
from harness.plugin.ranges import Range
from harness.records.results import Results, has_searched
from harness.wording import brief, plural


def edge(results: Results) -> Iterator[Advice]:
    """EDGE: a chosen value lies at the end of its range, so that a better one may lie beyond it.

    Of a repeated search: in how many repeats, with the case whose wider range reaches furthest.
    """
    for arm in results.arms:
        by_end = defaultdict(list)
        for edge_of_arm in results.edges(arm) if has_searched(results, arm) else ():
            by_end[edge_of_arm.hyperparameter, edge_of_arm.side].append(edge_of_arm)
        for edges in by_end.values():
            furthest = max(edges, key=lambda each: each.reach)
            rounds = len(results.rounds(furthest.repeat))
            where = f", in {len(edges)} of {len(results.repeats)} repeats" if len(results.repeats) > 1 else ""
            after = f" after {plural(rounds, 'round')} of widening" if rounds else ""
            end = "lower" if furthest.side == "low" else "upper"
            yield Advice(
                id="EDGE",
                arm=arm,
                evidence=f"{furthest.hyperparameter}: the chosen value of {furthest.trials} trials, "
                f"{brief(furthest.value)}, is at the {end} end of {furthest.range}{after}{where}: towards it scores do "
                "not get worse",
                advice="widen the range and run again in a new folder: a better value may lie beyond it",
                change=space_line(furthest.hyperparameter, furthest.wider),
            )


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

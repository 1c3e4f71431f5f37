"""Warnings about the arms' budgets, searches and machines: BUDGET, DIMENSIONS, ADAPTIVE and ENVIRONMENT."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations

from harness.analysis.advice._base import Advice, space_of
from harness.analysis.budgets import differing_fields, unequal
from harness.plugin.names import parts_of, split_name
from harness.plugin.ranges import Domain, Options
from harness.records.results import Results, has_searched
from harness.records.selection import first_trials, search_records
from harness.records.surroundings import surroundings
from harness.study.study import is_adaptive
from harness.wording import brief, plural

PER_DIMENSION = 5
"""Trials for each searched dimension, below which a search finds little."""


def unequal_budgets(results: Results) -> Iterator[Advice]:
    """BUDGET: the arms had different budgets, so that a ranking would rank the budgets."""
    lines = unequal(results)
    fixed = [arm for arm in results.arms if not space_of(results, arm)]
    if lines:
        unsearched = f"; nothing to search: {', '.join(fixed)}" if 0 < len(fixed) < len(results.arms) else ""
        yield Advice(
            id="BUDGET",
            arm="",
            evidence="; ".join(lines) + unsearched,
            advice="do not rank these arms together: give all the same, or search nothing in any",
        )


def thin_search(results: Results) -> Iterator[Advice]:
    """DIMENSIONS: an arm has too few trials for the dimensions it searches, or fewer for each than another arm has.

    Trials of widening rounds do not count: they explore what was added to one range.
    """
    counts = {arm: _count(results, arm) for arm in results.arms if has_searched(results, arm)}
    trials = {arm: len(first_trials(results.records, arm)) for arm in counts}
    exhaustive = results.study.search.sampler == "grid"
    for arm, count in counts.items():
        if count and trials[arm] < PER_DIMENSION * count and not exhaustive:
            yield Advice(
                id="DIMENSIONS",
                arm=arm,
                evidence=f"{plural(trials[arm], 'trial')} for {plural(count, 'dimension')}: "
                f"{brief(trials[arm] / count)} each, fewer than {PER_DIMENSION}",
                advice="give every arm more trials, or fix what matters least",
                change=f"--set search.trials={PER_DIMENSION * max(counts.values())}",
            )
    uneven = [
        (more, less)
        for pair in combinations(counts, 2)
        for more, less in [sorted(pair, key=lambda arm: -counts[arm])]
        if counts[more] - counts[less] >= 2 and trials[more] == trials[less]
    ]
    for more in dict.fromkeys(pair[0] for pair in uneven):
        less = min((pair[1] for pair in uneven if pair[0] == more), key=lambda arm: counts[arm])
        yield Advice(
            id="DIMENSIONS",
            arm=more,
            evidence=f"searches {plural(counts[more], 'dimension')}, {less} {counts[less] or 'none'}, "
            f"in {plural(trials[more], 'trial')} each",
            advice=f"{less} was searched more closely: search as much in both, and so do not search "
            + _least(results, more, counts[more] - counts[less] - 1),
        )


def _count(results: Results, arm: str) -> int:
    """How many dimensions a trial of the arm has.

    If the component itself is searched, a trial has one component: the one with most dimensions counts.
    """
    by_choice: dict[str, Counter[str]] = defaultdict(Counter)
    space = results.study.arms[arm].space
    for name in space:
        choice, component, _ = split_name(name)
        by_choice[choice][component] += 1
    return sum(
        _deepest(space, choice, counts) if counts.pop("", 0) else sum(counts.values())
        for choice, counts in by_choice.items()
    )


def _deepest(space: Mapping[str, Domain], choice: str, counts: Counter[str]) -> int:
    """1 for the choice itself, plus the dimensions of the component (or joined components) that has most."""
    domain = space[choice]
    names = domain.values if isinstance(domain, Options) else ()
    return 1 + max((sum(counts[part] for part in parts_of(str(name))) for name in names), default=0)


def _least(results: Results, arm: str, count: int) -> str:
    """The ``count`` last, and so least important, hyperparameters of the component that has most."""
    names = [name for name in space_of(results, arm) if "." in name]
    longest = [component for component, _ in Counter(split_name(name)[:2] for name in names).most_common(1)]
    of_longest = [name for name in names if split_name(name)[:2] in longest]
    return " and ".join(of_longest[1:][-count:]) or "what matters least"


def adaptive(results: Results) -> Iterator[Advice]:
    """ADAPTIVE: each trial of the sampler depends on the trials before it, so that there is no tuning curve."""
    sampler = results.study.search.sampler
    searching = [arm for arm in results.arms if space_of(results, arm) and search_records(results.records, arm)]
    if is_adaptive(sampler) and searching:
        trials = sum(len(search_records(results.records, arm)) for arm in searching)
        yield Advice(
            id="ADAPTIVE",
            arm="",
            evidence=f"sampler {sampler}, {plural(trials, 'trial')}: each depends on those before it",
            advice="there is no tuning curve: take an independent sampler to see what a budget buys",
            change="--set search.sampler=sobol" if _is_plain(results) else "--set search.sampler=random",
        )


def _is_plain(results: Results) -> bool:
    """Whether no arm searches its component, so that every space is a cube, which Sobol's points fill."""
    return all("." in name for arm in results.arms for name in space_of(results, arm))


def environment(results: Results) -> Iterator[Advice]:
    """ENVIRONMENT: compared runs were computed with different software or on different processors."""
    runs = Counter(run.environment for arm in results.arms for run in results.confirmed(arm).values())
    arms = defaultdict(list)
    for arm in results.arms:
        for key in dict.fromkeys(run.environment for run in results.confirmed(arm).values()):
            arms[key].append(arm)
    names = {
        key: f"{key}: {plural(runs[key], 'run')} of {', '.join(arms[key])}"
        for key in runs
        if key in results.environments
    }
    lines = differing_fields({names[key]: surroundings(results.environments[key]) for key in names})
    if lines:
        yield Advice(
            id="ENVIRONMENT",
            arm="",
            evidence="; ".join(lines),
            advice="a run may give other bits there: confirm all arms in one place before small differences count",
        )

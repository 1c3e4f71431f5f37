"""A warning, and what the functions that look for one share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.plugin.ranges import Domain, Range, Value
from harness.plugin.traits import NO_TRAITS, Traits
from harness.records.results import Results
from harness.statistics.estimates import Difference, paired


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A reason to doubt a result.

    ``arm``: whom it concerns; '' stands for the whole study. ``evidence``: the numbers, with their n. ``advice``: what
    to do. ``change``: that, ready to use: lines for [space], an option of ``harness run``, a command; '' where there is
    none.
    """

    id: str
    arm: str
    evidence: str
    advice: str
    change: str = ""


Warner = Callable[[Results], Iterable[Advice]]


def space_of(results: Results, arm: str) -> Mapping[str, Domain]:
    """What an arm searches."""
    return results.study.arms[arm].space


def chosen_values(results: Results, arm: str) -> dict[str, Value]:
    """Choices and hyperparameters of the arm's chosen trial, by full name; empty where there is none."""
    winner = results.chosen(arm)
    return winner.configured().hyperparameters() if winner else {}


def components(results: Results, arm: str) -> dict[str, str]:
    """Component by choice: of the chosen trial, else of the arm's defaults."""
    values = chosen_values(results, arm) or results.study.arms[arm].defaults
    return {name: str(value) for name, value in values.items() if "." not in name}


def traits(results: Results, arm: str, choice: str, component: str) -> Traits:
    """What a component says of itself; nothing where the study does not hold it."""
    return results.study.arms[arm].traits.get(f"{choice}.{component}", NO_TRAITS)


def others(results: Results) -> Iterator[tuple[str, Difference]]:
    """Every arm but the baseline, with the paired difference of its raw scores to the baseline's."""
    baseline = results.scores(results.baseline)
    for arm in results.arms:
        if arm != results.baseline:
            yield arm, difference(results.scores(arm), baseline)


def difference(a: Mapping[int, float], b: Mapping[int, float]) -> Difference:
    """Of a − b over the seed indices that both have; without a p-value, which takes long and no warning looks at."""
    shared = sorted(a.keys() & b.keys())
    return paired([a[seed] for seed in shared], [b[seed] for seed in shared], test=lambda differences: math.nan)


def sign(results: Results) -> int:
    """By which scores are multiplied for higher to be better."""
    return results.metric.sign


def space_line(name: str, domain: Range) -> str:
    """A range as a line for [space]."""
    low, high = (int(end) if domain.integer else float(end) for end in (domain.low, domain.high))
    return f'"{name}" = {{ low = {low!r}, high = {high!r}, scale = "{domain.scale}" }}'

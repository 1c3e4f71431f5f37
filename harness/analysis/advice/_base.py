"""Advice, a warning of a study; and what the functions that look for warnings share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.plugin.ranges import Domain, Range, Value
from harness.plugin.traits import NO_TRAITS, Traits
from harness.records.results import Results
from harness.statistics.comparison import Sample, units_of
from harness.statistics.estimates import Difference, paired


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A warning: a reason to doubt a result, and what to do about it.

    ``id``: the warning's name, ``EDGE`` for one. ``arm``: the arm it concerns; '' for the whole study. ``evidence``:
    the numbers, with their n. ``advice``: what to do. ``change``: the advice ready to use, as lines for [space], an
    option of ``harness run`` or a command; '' if there is no such change.
    """

    id: str
    arm: str
    evidence: str
    advice: str
    change: str = ""


Warner = Callable[[Results], Iterable[Advice]]
"""A function that looks for one kind of warning."""


def space_of(results: Results, arm: str) -> Mapping[str, Domain]:
    """Full name → domain, for each hyperparameter and choice that an arm searches."""
    return results.study.arms[arm].space


def chosen_values(results: Results, arm: str) -> dict[str, Value]:
    """Full name → value, for hyperparameters and choices of an arm's chosen trial; empty if no trial is chosen."""
    winner = results.chosen(arm)
    return winner.configured().hyperparameters() if winner else {}


def components(results: Results, arm: str) -> dict[str, str]:
    """Choice → component, in the arm's chosen trial or, if none is chosen, in its defaults."""
    values = chosen_values(results, arm) or results.study.arms[arm].defaults
    return {name: str(value) for name, value in values.items() if "." not in name}


def traits(results: Results, arm: str, choice: str, component: str) -> Traits:
    """The traits of a choice's component; ``NO_TRAITS`` if the study does not hold any."""
    return results.study.arms[arm].traits.get(f"{choice}.{component}", NO_TRAITS)


def others(results: Results) -> Iterator[tuple[str, Difference]]:
    """(arm, paired difference of its scores to the baseline's in raw units), for every arm but the baseline."""
    baseline = results.sample(results.baseline)
    for arm in results.arms:
        if arm != results.baseline:
            yield arm, difference(results.sample(arm), baseline)


def difference(a: Sample, b: Sample) -> Difference:
    """The paired difference a − b over the units at which both finished, in raw units; untested, its p is nan."""
    shared = a.scores.keys() & b.scores.keys()
    return paired(list(units_of(a, shared).values()), list(units_of(b, shared).values()))


def sign(results: Results) -> int:
    """The factor that turns scores so that higher is better: 1 or −1."""
    return results.metric.sign


def space_line(name: str, domain: Range) -> str:
    """A range as a line for the section [space] of a study file."""
    low, high = (int(end) if domain.integer else float(end) for end in (domain.low, domain.high))
    return f'"{name}" = {{ low = {low!r}, high = {high!r}, scale = "{domain.scale}" }}'

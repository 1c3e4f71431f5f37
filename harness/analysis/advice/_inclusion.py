"""The warning INCLUSION: an arm did worse than an arm that it includes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import permutations

from harness.analysis.advice._base import Advice, components, space_of, traits
from harness.plugin.names import parts_of, split_name
from harness.plugin.ranges import Value
from harness.plugin.traits import Inclusion
from harness.records.results import Results
from harness.records.selection import first_trials, search_records
from harness.statistics.comparison import ANYTIME, compare_pairs, turned
from harness.statistics.joint import FULL
from harness.statistics.method import FIXED
from harness.wording import interval, plural

NO_FORECAST = replace(FULL, posterior=0)
"""The comparisons here are made for their verdicts alone."""


def inclusion(results: Results) -> Iterator[Advice]:
    """INCLUSION: an arm can do all that another arm does, yet did worse: its search missed what is there."""
    samples = {arm: results.sample(arm) for arm in results.arms}
    can = {pair: how for pair in permutations(results.arms, 2) if (how := imitation(results, *pair))}
    pairs = [(samples[arm], samples[other]) for arm, other in can]
    method = ANYTIME if results.is_sequential else FIXED
    compared = compare_pairs(pairs, results.metric, results.delta, method=method, draws=NO_FORECAST)
    for comparison, how in zip(compared, can.values(), strict=True):
        arm, other = comparison.a, comparison.b
        if comparison.verdict.direction < 0:
            gap = turned(comparison.difference, results.metric).negated
            yield Advice(
                id="INCLUSION",
                arm=arm,
                evidence=f"can do what {other} does ({how}), and is worse by {interval(gap.mean, gap.low, gap.high)} "
                f"(n = {gap.n}, {plural(len(search_records(results.records, arm)), 'trial')})",
                advice="under-tuned, not worse: give its search more trials, or ranges that reach what the other does",
                change=f"--set search.trials={2 * len(first_trials(results.records, arm))}",
            )


def imitation(results: Results, arm: str, other: str) -> str:
    """How an arm can do what another arm's chosen trial does: ``adam includes sgd``; '' if no component says so."""
    winner = results.chosen(other)
    if winner is None:
        return ""
    values = winner.configured().hyperparameters()
    imitators, originals = components(results, arm), components(results, other)
    said = []
    for choice, original in originals.items():
        imitator = imitators.get(choice, "")
        chosen = {
            name: value
            for name, value in values.items()
            if split_name(name)[0] == choice and split_name(name)[1] in parts_of(original)
        }
        if imitator == original:
            if not all(_can_be(results, arm, name, value) for name, value in chosen.items()):
                return ""
            continue
        wanted = {split_name(name)[2]: value for name, value in chosen.items()}
        included = traits(results, arm, choice, imitator).inclusion(original)
        if included is None or not _holds(results, arm, f"{choice}.{imitator}", included, wanted):
            return ""
        said.append(f"{imitator} includes {original}")
    return ", ".join(said)


def _holds(results: Results, arm: str, prefix: str, included: Inclusion, wanted: Mapping[str, Value]) -> bool:
    """Whether a component, the imitator, can do what the original does with the values ``wanted``.

    ``prefix``: ``choice.name`` of the imitator. ``included``: when the imitator can do what the original does.
    """
    space = space_of(results, arm)
    return (
        all(f"{prefix}.{name}" in space for name in included.free)
        and all(wanted.get(name) == value for name, value in included.where.items())
        and all(_can_be(results, arm, f"{prefix}.{name}", wanted.get(as_)) for name, as_ in included.same.items())
        and all(_can_be(results, arm, f"{prefix}.{name}", value) for name, value in included.reach.items())
    )


def _can_be(results: Results, arm: str, name: str, value: Value | None) -> bool:
    """Whether a hyperparameter of the arm can have the value: it lies in the range, or is the default."""
    default = results.study.arms[arm].defaults.get(name)
    domain = space_of(results, arm).get(name)
    return value is not None and (value == default or (domain is not None and value in domain))

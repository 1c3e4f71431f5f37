"""The warning INCLUSION: an arm did worse than an arm that it includes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations

from harness.analysis.advice._base import Advice, components, difference, sign, space_of, traits
from harness.plugin.names import parts_of, split_name
from harness.plugin.ranges import Value
from harness.plugin.traits import Inclusion
from harness.records.results import Results
from harness.records.selection import first_trials, search_records
from harness.wording import interval, plural


def inclusion(results: Results) -> Iterator[Advice]:
    """INCLUSION: an arm can do all that another arm does, yet did worse: its search missed what is there."""
    for arm, other in permutations(results.arms, 2):
        gap = difference(results.scores(arm), results.scores(other))
        low, high = sorted((sign(results) * gap.low, sign(results) * gap.high))
        if gap.n >= 2 and gap.sd > 0 and high < 0 and (how := imitation(results, arm, other)):
            yield Advice(
                id="INCLUSION",
                arm=arm,
                evidence=f"can do what {other} does ({how}), and is better by "
                f"{interval(sign(results) * gap.mean, low, high, sign=True)} (n = {gap.n}, "
                f"{plural(len(search_records(results.records, arm)), 'trial')})",
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

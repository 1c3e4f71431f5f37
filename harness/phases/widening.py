"""Widening: further rounds of trials while the winner of an arm lies at the end of one of its ranges.

Each repeat of the search widens on its own: so the repeats stay independent, which is what their comparison assumes. A
range that one repeat's trials had pushed out in all would tie them together, and the spread between the repeats would
no longer show what the decision to widen adds to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.execution.driver import Driver
from harness.phases.arm_search import Round
from harness.phases.workload import count_extra_runs
from harness.plugin.ranges import Domain, Options, Range
from harness.records.decisions import Change, Widened, widened_domains
from harness.records.edges import Edge
from harness.records.record import Record
from harness.records.results import Results
from harness.study.arm import Arm


def decide_rounds(driver: Driver, results: Results, winners: Mapping[tuple[str, int], Record | None]) -> bool:
    """Decide on a further round in every repeat that needs one, write it down, and say whether there is any.

    ``winners``: (arm, repeat) → the trial that leads the arm's search at present.
    """
    search = driver.plan.study.search
    decided = []
    for repeat in results.repeats:
        before = results.rounds(repeat)
        edges = {arm: results.edges_at(arm, winners.get((arm, repeat))) for arm in results.arms}
        if len(before) < search.widen and (changes := _changes(edges)):
            decided.append(
                Widened(repeat=repeat, round=len(before) + 1, trials=search.extra_trials, changes=tuple(changes))
            )
    for widened in decided:
        driver.decide(widened)
    driver.progress.more(count_extra_runs(driver.plan, decided))
    return bool(decided)


def _changes(edges: Mapping[str, Sequence[Edge]]) -> list[Change]:
    """The ends that a round pushes out, one after the other; ``edges``: by arm."""
    changes: dict[tuple[str, str], Change] = {}
    for arm, of_arm in edges.items():
        for edge in of_arm:
            end = edge.hyperparameter, edge.side
            known = changes.get(end)
            arms = (*known.arms, arm) if known else (arm,)
            changes[end] = Change(
                hyperparameter=edge.hyperparameter, side=edge.side, old=edge.range, new=edge.wider, arms=arms
            )
    return _in_turn(list(changes.values()))


def _in_turn(changes: Sequence[Change]) -> list[Change]:
    """The changes, each beginning with the range that the one before it left: both ends of a range may be pushed."""
    latest: dict[str, Range] = {}
    found = []
    for change in changes:
        old = latest.get(change.hyperparameter, change.old)
        low = change.new.low if change.side == "low" else old.low
        high = change.new.high if change.side == "high" else old.high
        latest[change.hyperparameter] = replace(old, low=low, high=high)
        found.append(replace(change, old=old, new=latest[change.hyperparameter]))
    return found


def rounds_of(arm: Arm, rounds: Sequence[Widened]) -> list[Round]:
    """The rounds as the arm meets them; none for an arm that searches nothing."""
    space = arm.dimensions()
    return [
        Round(
            number=widened.round,
            trials=widened.trials,
            ranges=widened_domains(space, rounds[: place + 1]),
            slabs=[
                (change.hyperparameter, slab(change)) for change in widened.changes if change.hyperparameter in space
            ],
        )
        for place, widened in enumerate(rounds)
        if space
    ]


def slab(change: Change) -> Domain:
    """The values that a change has added to a range."""
    step = 1 if change.old.integer else 0
    if change.side == "low":
        low, high = change.new.low, change.old.low - step
    else:
        low, high = change.old.high + step, change.new.high
    return Options((int(low),)) if low == high else replace(change.new, low=low, high=high)

"""What the rounds of widening did to the ranges of the search, in words."""

from __future__ import annotations

from collections.abc import Iterator

from harness.records.decisions import Change
from harness.records.results import Results
from harness.wording import clean, plural


def widened_ranges(results: Results) -> list[tuple[str, str]]:
    """(full name, what became of its range) of every hyperparameter whose range was widened.

    ``[0.001, 0.1] log → [0.001, 1] log after the search (adam at the upper end)``; of a repeated search in how many
    repeats, and how far at most.
    """
    if len(results.repeats) > 1:
        return list(_over_repeats(results))
    told: dict[str, list[str]] = {}
    for widened in results.rounds():
        after = f"after round {widened.round - 1}" if widened.round > 1 else "after the search"
        for change in widened.changes:
            steps = told.setdefault(change.hyperparameter, [str(change.old)])
            steps.append(f"{change.new} {after} ({_where(change)})")
    return [(name, " → ".join(steps)) for name, steps in told.items()]


def _where(change: Change) -> str:
    arms = ", ".join(map(clean, change.arms))
    return f"{arms} at the {'lower' if change.side == 'low' else 'upper'} end"


def _over_repeats(results: Results) -> Iterator[tuple[str, str]]:
    repeats: dict[str, set[int]] = {}
    ends: dict[str, list[Change]] = {}
    for repeat in results.repeats:
        for change in (change for widened in results.rounds(repeat) for change in widened.changes):
            repeats.setdefault(change.hyperparameter, set()).add(repeat)
            ends.setdefault(change.hyperparameter, []).append(change)
    for name, changes in ends.items():
        first = changes[0].old
        low, high = min(change.new.low for change in changes), max(change.new.high for change in changes)
        count = len(repeats[name])
        yield name, f"{first} in {plural(count, 'repeat')} of {len(results.repeats)}, at most to [{low:g}, {high:g}]"

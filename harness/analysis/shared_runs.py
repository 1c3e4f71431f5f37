"""Runs that two result folders have in common: the same configuration at the same random draws on the same data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from harness.records.record import Record
from harness.records.results import Results
from harness.wording import plural


@dataclass(frozen=True, kw_only=True)
class Shared:
    """The confirmation runs that two folders share.

    ``runs``: (arm here, arm there) → how many; an arm's defaults count as ``adam, defaults``. ``namespace``: the one by
    which both studies wish it so; '' where it came about otherwise.
    """

    runs: Mapping[tuple[str, str], int]
    namespace: str

    @property
    def count(self) -> int:
        """How many runs, over all arms."""
        return sum(self.runs.values())

    def of(self, folder: str) -> str:
        """How many runs of which arms are also in that folder: ``9 of zeros, 9 of adam (constant there)``."""
        parts = [
            f"{count} of {here}" + ("" if here == there else f" ({there} there)")
            for (here, there), count in self.runs.items()
        ]
        return f"{plural(self.count, 'confirmation run')} {'is' if self.count == 1 else 'are'} also in {folder}: " + (
            ", ".join(parts)
        )


def shared(one: Results, other: Results) -> Shared | None:
    """The confirmation runs that two folders share; None where there are none."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    tuned = _tuned(one), _tuned(other)
    for here, there in same_runs(one, other):
        if here.phase == there.phase == "confirm":
            counts[_label(here, tuned[0]), _label(there, tuned[1])] += 1
    namespaces = {one.study.seed_namespace, other.study.seed_namespace}
    return Shared(runs=counts, namespace=namespaces.pop() if len(namespaces) == 1 else "") if counts else None


def shared_notes(folders: Mapping[str, Results]) -> list[str]:
    """A line for each two of the folders that share confirmation runs. ``folders``: path → results."""
    lines = []
    for (path, one), (beside, other) in combinations(folders.items(), 2):
        if found := shared(one, other):
            wished = f"on purpose, by the seed_namespace {found.namespace!r}: " if found.namespace else ""
            meaning = "" if found.namespace else "; they are the same runs, and no independent evidence"
            lines.append(f"SHARED-SEEDS: {wished}of {path}, {found.of(beside)}{meaning}")
    return lines


def same_runs(one: Results, other: Results) -> Iterator[tuple[Record, Record]]:
    """Each run of the one that the other has too, whatever phase it was for, with its counterpart.

    Two runs are the same where they met the same draws, agree in every choice and value that both name, and either are
    known to be of the same data and name the same, or ended with the same numbers.
    """
    same_data = bool(one.study.digests & other.study.digests)
    theirs: dict[object, list[Record]] = defaultdict(list)
    for record in other.ordered:
        theirs[_draws(other, record)].append(record)
    for record in one.ordered:
        for counterpart in theirs[_draws(one, record)]:
            is_same = same_data and record.fingerprint == counterpart.fingerprint
            if is_same or (_same_numbers(record, counterpart) and _agree(record, counterpart)):
                yield record, counterpart
                break


def _draws(results: Results, record: Record) -> object:
    """What names the random draws of a run, beside the problem. A run for the test split repeats one of confirm."""
    is_fresh = record.phase in ("confirm", "test")
    return results.draws if is_fresh else results.tuning_draws, record.seed_index, record.phase == "test"


def _same_numbers(one: Record, other: Record) -> bool:
    """Whether two runs finished with the same numbers, to the last digit."""
    if one.reason or other.reason:
        return False
    here, there = one.curve[-1], other.curve[-1]
    return all(here[name] == there[name] for name in here.keys() & there.keys())


def _agree(one: Record, other: Record) -> bool:
    """Whether two configurations say the same where both say anything: either may be older than a choice."""
    here, there = (record.configured().hyperparameters() for record in (one, other))
    return all(here[name] == there[name] for name in here.keys() & there.keys())


def _tuned(results: Results) -> set[str]:
    """The arms of which something else than their defaults was confirmed."""
    return {each.arm for each in results.ordered if each.phase == "confirm" and not each.which.is_defaults}


def _label(record: Record, tuned: set[str]) -> str:
    return f"{record.arm}, defaults" if record.which.is_defaults and record.arm in tuned else record.arm

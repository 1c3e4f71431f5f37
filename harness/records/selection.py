"""Which trials of an arm's search are run again, and which one of them wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import fmean

from harness.metric import Metric
from harness.records.record import Key, Record, Which


def search_records(records: Mapping[Key, Record], arm: str, repeat: int | None = None) -> list[Record]:
    """The search's records of an arm, by repeat, round and trial; those of one ``repeat`` where it is given."""
    wanted = (key for key in records if (key.phase, key.arm) == ("search", arm) and repeat in (None, key.repeat))
    return [records[key] for key in sorted(wanted)]


def first_trials(records: Mapping[Key, Record], arm: str) -> list[Record]:
    """The trials of an arm's first search in the study's own ranges: what its budget is judged by."""
    return [record for record in search_records(records, arm, 0) if record.round == 0]


def shortlist(records: Mapping[Key, Record], arm: str, metric: Metric, count: int, repeat: int = 0) -> list[Record]:
    """The ``count`` best configurations of an arm's search, best first; the earlier of equals; failed ones never."""
    searched = search_records(records, arm, repeat)
    first = {record.fingerprint: record for record in reversed(searched) if not record.reason}
    return sorted(first.values(), key=lambda record: (metric.cost(record.score(metric)), record.which))[:count]


def best_trial(records: Mapping[Key, Record], arm: str, metric: Metric, count: int, repeat: int = 0) -> Record | None:
    """The shortlisted trial with the best mean over its tuning seed indices; None if the whole search failed.

    A trial that failed at any of them comes after all that did not. The defaults, which run at these seed indices too,
    are no candidate unless they are shortlisted: every trial wins in the same way.
    """
    tuned = [(key, run) for key, run in records.items() if key.arm == arm and key.phase in ("search", "select")]

    def cost(record: Record) -> tuple[bool, float, Which]:
        runs = [run for key, run in tuned if key[2:5] == record.which]
        scores = [run.score(metric) for run in runs if not run.reason]
        return len(scores) < len(runs), metric.cost(fmean(scores)), record.which

    return min(shortlist(records, arm, metric, count, repeat), key=cost, default=None)


def best(records: Iterable[Record], metric: Metric) -> Record | None:
    """The record with the best value of the metric; None if none finished."""
    finished = [record for record in records if not record.reason]
    return min(finished, key=lambda record: metric.cost(record.score(metric)), default=None)


def finished(records: Iterable[Record]) -> list[Record]:
    """The records of runs that did not fail, in their order."""
    return [record for record in records if not record.reason]


def failed(records: Iterable[Record]) -> list[Record]:
    """The records of runs that failed, in their order."""
    return [record for record in records if record.reason]

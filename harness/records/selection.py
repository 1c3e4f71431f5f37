"""Which trials of an arm's search are run again, and which one of them wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import fmean

from harness.metric import Metric
from harness.records.record import Key, Record


def search_records(records: Mapping[Key, Record], arm: str) -> list[Record]:
    """The search's records of an arm, by trial number."""
    return [records[key] for key in sorted(records) if key[:2] == ("search", arm)]


def shortlist(records: Mapping[Key, Record], arm: str, metric: Metric, count: int) -> list[Record]:
    """The ``count`` best configurations of an arm's search, best first; the earlier of equals; failed ones never."""
    first = {record.fingerprint: record for record in reversed(search_records(records, arm)) if not record.reason}
    return sorted(first.values(), key=lambda record: (metric.cost(record.score(metric)), record.trial))[:count]


def best_trial(records: Mapping[Key, Record], arm: str, metric: Metric, count: int) -> Record | None:
    """The shortlisted trial with the best mean over its tuning seed indices; None if the whole search failed.

    A trial that failed at any of them comes after all that did not.
    """

    def cost(record: Record) -> tuple[bool, float, int]:
        runs = [
            run for key, run in records.items() if key[0] in ("search", "select") and key[1:3] == (arm, record.trial)
        ]
        scores = [run.score(metric) for run in runs if not run.reason]
        return len(scores) < len(runs), metric.cost(fmean(scores)), record.trial

    return min(shortlist(records, arm, metric, count), key=cost, default=None)


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

"""From search records to the trials of an arm that are run again, and to the one that wins."""

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
            each for key, each in records.items() if key[0] in ("search", "select") and key[1:3] == (arm, record.trial)
        ]
        ok = [each.score(metric) for each in runs if not each.reason]
        return len(ok) < len(runs), metric.cost(fmean(ok)), record.trial

    return min(shortlist(records, arm, metric, count), key=cost, default=None)


def best(records: Iterable[Record], metric: Metric) -> Record | None:
    """The best of some records; None if none finished."""
    finished = [record for record in records if not record.reason]
    return min(finished, key=lambda record: metric.cost(record.score(metric)), default=None)


def finished(records: Iterable[Record]) -> list[Record]:
    """Those that did not fail."""
    return [each for each in records if not each.reason]


def failed(records: Iterable[Record]) -> list[Record]:
    """Those that did."""
    return [each for each in records if each.reason]

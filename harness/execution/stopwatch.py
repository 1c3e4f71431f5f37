"""Stopwatch: where the time of one call of ``harness run`` goes, by activity."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from harness.records.record import ACTIVITIES

T = TypeVar("T")


class Stopwatch:
    """Seconds by activity. Time in an activity within another one counts for the inner activity alone."""

    def __init__(self) -> None:
        self._seconds = dict.fromkeys(ACTIVITIES, 0.0)
        self._under_way: list[str] = []
        self._begin = self._since = time.perf_counter()

    @contextmanager
    def __call__(self, activity: str) -> Iterator[None]:
        """Time the body of ``with``. The body must not ``yield``: the time of the caller would be counted too."""
        self._account()
        self._under_way.append(activity)
        try:
            yield
        finally:
            self._account()
            self._under_way.pop()

    def each(self, activity: str, items: Iterable[T]) -> Iterator[T]:
        """Yield the items; only the waiting for each item is timed, not what the caller does with it."""
        iterator = iter(items)
        while True:
            with self(activity):
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item

    def seconds(self) -> dict[str, float]:
        """Seconds by activity, and the ``wall`` time so far, which is a little more than their sum."""
        self._account()
        return {**self._seconds, "wall": self._since - self._begin}

    def _account(self) -> None:
        now = time.perf_counter()
        if self._under_way:
            self._seconds[self._under_way[-1]] += now - self._since
        self._since = now

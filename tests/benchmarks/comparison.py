"""Several ways of doing the same work, timed in turn, and the table of their ratios."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from harness.report.formats import text_table

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Seconds of the plain way and of the harness, one each a repetition; ``goal``: the ratio hoped for, or None.

    ``against``: which plain way it is. ``details``: what else was noted, for the JSON.
    """

    what: str
    problem: str
    against: str = "textbook"
    plain: tuple[float, ...]
    harness: tuple[float, ...]
    goal: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ratios(self) -> list[float]:
        """How many times faster the harness was, repetition by repetition."""
        return [plain / harness for plain, harness in zip(self.plain, self.harness, strict=True)]

    @property
    def ratio(self) -> float:
        """The median of the repetitions' ratios."""
        return statistics.median(self.ratios)

    def row(self) -> list[str]:
        """As the table shows it."""
        plain, harness = statistics.median(self.plain), statistics.median(self.harness)
        return [
            self.what,
            self.problem,
            self.against,
            duration(plain),
            duration(harness),
            f"{self.ratio:.2f}",
            f"{min(self.ratios):.2f}–{max(self.ratios):.2f}",
            str(len(self.plain)),
            "" if self.goal is None else f"≥ {self.goal:g}",
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain data, every repetition among it."""
        return {
            "what": self.what,
            "problem": self.problem,
            "against": self.against,
            "goal": self.goal,
            "ratio": self.ratio,
            "ratio_low": min(self.ratios),
            "ratio_high": max(self.ratios),
            "plain_seconds": list(self.plain),
            "harness_seconds": list(self.harness),
            **self.details,
        }


def alternate(
    plain: Callable[[], object], harness: Callable[[], object], repetitions: int, budget: float = math.inf
) -> tuple[list[float], list[float]]:
    """Seconds of each in turn, so that a machine that slows down slows both.

    ``budget``: seconds after which no further repetition begins.
    """
    first, second = in_turn([lambda: timed(plain), lambda: timed(harness)], repetitions, budget)
    return first, second


def in_turn(ways: Sequence[Callable[[], T]], repetitions: int, budget: float = math.inf) -> list[list[T]]:
    """What each way gives, repetition by repetition: one of all ways, then the next. ``budget``: as above."""
    begin = time.perf_counter()
    found: list[list[T]] = []
    while len(found) < repetitions and (not found or time.perf_counter() - begin < budget):
        found.append([way() for way in ways])
    return [list(column) for column in zip(*found, strict=True)]


def timed(work: Callable[[], object]) -> float:
    """Seconds that ``work`` took."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def per(seconds: Iterable[float], count: int) -> tuple[float, ...]:
    """Seconds of one of ``count`` equal parts."""
    return tuple(each / count for each in seconds)


def duration(seconds: float) -> str:
    """Milliseconds below a second."""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.1f} ms"


def table(comparisons: Iterable[Comparison]) -> str:
    """One row a comparison."""
    header = ["what", "problem", "against", "plain", "harness", "ratio", "spread", "n", "goal"]
    return text_table(header, [each.row() for each in comparisons], [*[False] * 3, *[True] * 6])

"""Two ways of doing the same work, timed in turn, and the table of their ratios."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.report.formats import text_table


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Seconds of the plain way and of the harness, one each a repetition; ``goal``: the ratio hoped for, or None.

    ``details``: what else was noted, for the JSON.
    """

    what: str
    problem: str
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
    begin = time.perf_counter()
    pairs: list[tuple[float, float]] = []
    while len(pairs) < repetitions and (not pairs or time.perf_counter() - begin < budget):
        pairs.append((timed(plain), timed(harness)))
    return [first for first, _ in pairs], [second for _, second in pairs]


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
    header = ["what", "problem", "plain", "harness", "ratio", "spread", "n", "goal"]
    return text_table(header, [each.row() for each in comparisons], [False, False, True, True, True, True, True, True])

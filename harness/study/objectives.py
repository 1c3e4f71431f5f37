"""The objectives that a search is told beside the study's metric, which alone decides what is chosen and said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.errors import unknown
from harness.metric import SECONDS, Direction, Metric


def objectives_of(names: Sequence[str], metric: str, metrics: Mapping[str, Direction]) -> tuple[Metric, ...]:
    """The objectives that a study names; ValueError for one that cannot be, with what could.

    ``metric``: the study's own, which is always the first objective. ``metrics``: every metric of its problem.
    """
    directions = {**metrics, SECONDS.name: SECONDS.direction}
    for number, name in enumerate(names):
        if name == metric:
            raise ValueError(f"{name!r} is the study's metric, which the search is told in any case")
        if name in names[:number]:
            raise ValueError(f"{name!r} is listed twice")
        if name not in directions:
            raise ValueError(unknown("objective", name, [known for known in directions if known != metric]))
    return tuple(Metric(name, directions[name]) for name in names)

"""The front of points in several objectives: those that no other point dominates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def front(costs: Sequence[Sequence[float]]) -> list[bool]:
    """Whether each point is on the front. ``costs``: ``(points, objectives)``, finite, lower is better.

    A point dominates another if it is worse in no objective and better in one; so of equal points none dominates.
    """
    points = np.asarray(costs, dtype=float)
    found: list[int] = []
    # In this order no later point dominates an earlier one, and what one of the dominated dominates, one found does.
    for number in np.lexsort(points.T[::-1]) if len(points) else ():
        before = points[found]
        if not np.any(np.all(before <= points[number], axis=1) & np.any(before < points[number], axis=1)):
            found.append(int(number))
    is_best = np.zeros(len(points), dtype=bool)
    is_best[found] = True
    return is_best.tolist()

"""Shapes that dropout and lr schedules share: courses from one value to another."""

from __future__ import annotations

import math


def between(start: float, end: float, share: float) -> float:
    """The value on a straight line, ``share`` in [0, 1] of the way from the start to the end."""
    # Rounding may carry the sum past either end, where a rate of 1 or a factor above 1 would wait.
    return _within(start + (end - start) * share, start, end)


def geometric(start: float, end: float, share: float) -> float:
    """start·(end/start)^share: equal parts of the way have equal factors. ``start``, ``end``: above 0."""
    # The ratio itself may overflow.
    return _within(math.exp(math.log(start) * (1 - share) + math.log(end) * share), start, end)


def geometric_mean(start: float, end: float) -> float:
    """The mean of ``geometric`` over all shares: the logarithmic mean of its ends."""
    low, high = sorted((start, end))
    ratio = math.log(high) - math.log(low)
    return _within(high * -math.expm1(-ratio) / ratio, start, end) if ratio else high


def half_cosine(progress: float) -> float:
    """(1 − cos(π·progress))/2: from 0 to 1, slow at both ends."""
    return (1 - math.cos(math.pi * progress)) / 2


def jumps_made(progress: float, jumps: int) -> int:
    """Number of jumps made so far, if ``jumps`` jumps cut the way into jumps + 1 equal parts."""
    return min(int(progress * (jumps + 1)), jumps)


def triangle(progress: float, cycles: int) -> float:
    """The height, in [0, 1], of triangles from 0 up to 1 and back, ``cycles`` times over training."""
    return 1 - abs(2 * (progress * cycles % 1) - 1)


def _within(value: float, start: float, end: float) -> float:
    return min(max(value, min(start, end)), max(start, end))

"""Shapes that schedules of rates and of factors share: ways from one value to another."""

from __future__ import annotations

import math


def between(start: float, end: float, share: float) -> float:
    """The value on a straight line, ``share`` in [0, 1] of the way from the start to the end."""
    # Rounding may carry the sum past either end, where a rate of 1 or a factor above 1 would wait.
    return _within(start + (end - start) * share, start, end)


def geometric(start: float, end: float, share: float) -> float:
    """The value start·(end/start)^share: the same factor over every equal part of the way; both ends are above 0."""
    # The ratio itself may overflow.
    return _within(math.exp(math.log(start) * (1 - share) + math.log(end) * share), start, end)


def geometric_mean(start: float, end: float) -> float:
    """The mean of ``geometric`` over all shares: the logarithmic mean of its ends."""
    low, high = sorted((start, end))
    ratio = math.log(high) - math.log(low)
    return _within(high * -math.expm1(-ratio) / ratio, start, end) if ratio else high


def half_cosine(progress: float) -> float:
    """The way from 0 to 1 that is slow at both ends: (1 − cos(π·progress))/2."""
    return (1 - math.cos(math.pi * progress)) / 2


def jumps_made(progress: float, jumps: int) -> int:
    """How many of the ``jumps`` have been made, where they cut the way into jumps + 1 equal parts."""
    return min(int(progress * (jumps + 1)), jumps)


def triangle(progress: float, cycles: int) -> float:
    """The height, in [0, 1], of triangles that go from 0 up to 1 and back ``cycles`` times over progress."""
    return 1 - abs(2 * (progress * cycles % 1) - 1)


def _within(value: float, start: float, end: float) -> float:
    return min(max(value, min(start, end)), max(start, end))

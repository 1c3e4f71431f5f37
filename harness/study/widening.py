"""Widening a range at one end: far enough to be useful on its scale, but not beyond natural limits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Literal

from harness.plugin.ranges import Range, Scale

Side = Literal["low", "high"]


LEAST, MOST = 3.0, 10.0
"""Bounds of the factor by which a range grows on a logarithmic scale: the square root of high / low, within these."""


def ends_there(domain: Range, side: Side, limits: Iterable[float]) -> bool:
    """Whether the range reaches a natural limit on this side, so that there is nothing to find beyond it.

    If the scale cannot reach a limit, as 0 on a log scale, every end on that side counts as natural.
    """
    on_side = _on_side(domain, side, limits)
    return any(not domain.scale.reaches(limit) or (domain.low <= limit <= domain.high) for limit in on_side)


def widened(domain: Range, side: Side, limits: Iterable[float] = ()) -> Range | None:
    """The range with one end pushed out, at most to a natural limit; None if there is no room.

    A range without negative values gets none. A linear range below 1 without a known limit, of shares say, stays below.
    """
    ends = [limit for limit in _on_side(domain, side, limits) if domain.scale.reaches(limit)]
    end = max([_lower(domain), *ends]) if side == "low" else min([_upper(domain, is_share=not ends), *ends])
    if domain.integer:
        end = math.floor(end) if side == "low" else math.ceil(end)
    if side == "low":
        return replace(domain, low=end) if end < domain.low else None
    return replace(domain, high=end) if end > domain.high else None


def _on_side(domain: Range, side: Side, limits: Iterable[float]) -> list[float]:
    return [limit for limit in limits if (domain.position(limit) < 0.5) == (side == "low")]


def _lower(domain: Range) -> float:
    if domain.scale is Scale.LOG:
        return max(_pushed(domain, "low"), 1.0 if domain.integer else 0.0)
    if domain.scale is Scale.ONE_MINUS_LOG:
        return max(0.0, _pasted(_pushed(domain, "low")))
    low = _round(domain.low - (domain.high - domain.low) / 2, math.floor)
    # The least useful count is often 1, of most other quantities 0.
    return max(low, min(domain.low, 1.0 if domain.integer else 0.0)) if domain.low >= 0 else low


def _upper(domain: Range, *, is_share: bool) -> float:
    if domain.scale is Scale.LOG:
        return _pushed(domain, "high")
    if domain.scale is Scale.ONE_MINUS_LOG:
        return _pasted(_pushed(domain, "high"))
    if is_share and domain.low >= 0 and domain.high < 1:
        return _pasted(1 - _round((1 - domain.high) / 2, math.floor))
    return _round(domain.high + (domain.high - domain.low) / 2, math.ceil)


def _pushed(domain: Range, side: Side) -> float:
    """An end of a range on a logarithmic scale, pushed out by a factor (of 1 − x on ``one_minus_log``)."""
    ends = (domain.low, domain.high) if side == "low" else (domain.high, domain.low)
    moved, fixed = map(domain.scale.mirrored, ends)
    if moved < fixed:
        return domain.scale.mirrored(_round(moved / _factor(fixed / moved), math.floor))
    return domain.scale.mirrored(_round(moved * _factor(moved / fixed), math.ceil))


def _factor(ratio: float) -> float:
    return min(max(math.sqrt(ratio), LEAST), MOST)


def _pasted(value: float) -> float:
    return round(value, 12)  # 1 − 0.03 has too many digits to paste


def _round(value: float, towards: Callable[[float], int]) -> float:
    """A value rounded to two significant digits. ``towards``: math.floor or math.ceil, the way out of the range."""
    if value == 0:
        return 0.0
    places = 1 - math.floor(math.log10(abs(value)))
    return float(f"{towards(round(value * 10.0**places, 6))}e{-places}")

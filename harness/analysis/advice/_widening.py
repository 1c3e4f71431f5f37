"""A range with one of its ends pushed out: as far as is useful on its scale, and no further than makes sense."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Literal

from harness.plugin.ranges import Range, Scale

Side = Literal["low", "high"]


LEAST, MOST = 3.0, 10.0
"""By which factor a range grows on a logarithmic scale: the root of its own ratio, within these."""


def ends_there(domain: Range, side: Side, limits: Iterable[float]) -> bool:
    """Whether the range goes as far as a natural limit on this side: beyond that there is nothing to find.

    A limit that the scale cannot reach, as 0 on a log scale, makes every end on its side a natural one.
    """
    own = _on_side(domain, side, limits)
    return any(not domain.scale.reaches(each) or (domain.low <= each <= domain.high) for each in own)


def widened(domain: Range, side: Side, limits: Iterable[float] = ()) -> Range | None:
    """The range with this end pushed out, at most to a natural limit; None where there is no room.

    What is not negative stays so. Where no limit is known, a linear range below 1 stays there: it may be one of shares.
    """
    own = [each for each in _on_side(domain, side, limits) if domain.scale.reaches(each)]
    end = max([_lower(domain), *own]) if side == "low" else min([_upper(domain, is_share=not own), *own])
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
    # 1 is the least of many a count, 0 of most else.
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
    """An end of a range on a logarithmic scale, further out: what the logarithm is of grows or shrinks by a factor."""
    own, other = map(domain.scale.mirrored, (domain.low, domain.high) if side == "low" else (domain.high, domain.low))
    if own < other:
        return domain.scale.mirrored(_round(own / _factor(other / own), math.floor))
    return domain.scale.mirrored(_round(own * _factor(own / other), math.ceil))


def _factor(ratio: float) -> float:
    return min(max(math.sqrt(ratio), LEAST), MOST)


def _pasted(value: float) -> float:
    return round(value, 12)  # 1 − 0.03 has too many digits to paste


def _round(value: float, towards: Callable[[float], int]) -> float:
    """Two significant digits, away from the range."""
    if value == 0:
        return 0.0
    places = 1 - math.floor(math.log10(abs(value)))
    return float(f"{towards(round(value * 10.0**places, 6))}e{-places}")

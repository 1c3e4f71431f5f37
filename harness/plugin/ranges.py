"""What a hyperparameter may be searched over: plain data beside the component that declares it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Value = bool | int | float | str


Scale = Literal["linear", "log", "one_minus_log"]


@dataclass(frozen=True)
class Range:
    """An interval, both ends included.

    ``scale``: ``log`` searches log x uniformly; ``one_minus_log`` searches log(1 − x) uniformly, the
    natural scale of a momentum or of Adam's β, and shows x. ``integer``: whole numbers only.
    """

    low: float
    high: float
    scale: Scale = "linear"
    integer: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"needs finite low < high, got low={self.low!r}, high={self.high!r}")
        if self.scale not in get_args(Scale):
            raise ValueError(f"scale is one of {', '.join(get_args(Scale))}, got {self.scale!r}")
        if self.scale == "log" and self.low <= 0:
            raise ValueError(f"a log scale needs low > 0, got {self.low!r}")
        if self.scale == "one_minus_log" and self.high >= 1:
            raise ValueError(f"scale one_minus_log needs high < 1, got {self.high!r}")
        if self.integer and (self.low != int(self.low) or self.high != int(self.high)):
            raise ValueError(f"an integer range needs whole ends, got {self.low!r} and {self.high!r}")
        if self.integer and self.scale == "one_minus_log":
            raise ValueError("scale one_minus_log is for fractions, not for integers")

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        return self.low <= value <= self.high and (not self.integer or value == int(value))

    def position(self, value: float) -> float:
        """Where a value lies on the scale: 0 at ``low``, 1 at ``high``, as also what lies beyond them."""
        inside = min(max(value, self.low), self.high)
        if self.scale == "log":
            return math.log(inside / self.low) / math.log(self.high / self.low)
        if self.scale == "one_minus_log":
            return math.log((1 - inside) / (1 - self.low)) / math.log((1 - self.high) / (1 - self.low))
        return (inside - self.low) / (self.high - self.low)

    def __str__(self) -> str:
        return f"[{self.low:g}, {self.high:g}]{'' if self.scale == 'linear' else ' ' + self.scale}"


@dataclass(frozen=True)
class Options:
    """A finite list of values."""

    values: tuple[Value, ...]

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("needs at least one value")
        if len(set(map(repr, self.values))) < len(self.values):
            raise ValueError(f"has a value twice: {list(self.values)!r}")

    def __contains__(self, value: object) -> bool:
        return value in self.values

    def __str__(self) -> str:
        return "{" + ", ".join(map(str, self.values)) + "}"


Domain = Range | Options


def domain_to_json(domain: Domain) -> dict[str, Any]:
    """Plain data with every digit: a study that differs in the last one is another study."""
    return {"options": list(domain.values)} if isinstance(domain, Options) else asdict(domain)


def domain_from_json(data: Mapping[str, Any]) -> Domain:
    """From ``domain_to_json``'s plain data."""
    return Options(tuple(data["options"])) if "options" in data else Range(**data)


def linear(low: float, high: float) -> Range:
    """Uniform in [low, high]."""
    return Range(low, high)


def log(low: float, high: float) -> Range:
    """Uniform in log x."""
    return Range(low, high, "log")


def one_minus_log(low: float, high: float) -> Range:
    """Uniform in log(1 − x): for momenta and β."""
    return Range(low, high, "one_minus_log")


def integers(low: int, high: int, *, log: bool = False) -> Range:
    """Whole numbers from low to high."""
    return Range(low, high, "log" if log else "linear", integer=True)


def options(*values: Value) -> Options:
    """One of the given values."""
    return Options(values)


def place(value: float, low: float, high: float, scale: str) -> float:
    """Where a value lies between the bounds of its range on its scale: 0 at the lower, 1 at the upper."""

    def change(each: float) -> float:
        return math.log(each) if scale == "log" else -math.log(1 - each) if scale == "one_minus_log" else each

    return (change(value) - change(low)) / (change(high) - change(low))


TYPES: Mapping[type, str] = {bool: "a bool", int: "an int", float: "a float", str: "a str"}
"""The types a hyperparameter may have, as they are called in messages."""


def from_unit(domain: Domain, position: float) -> Value:
    """The value at a position in [0, 1) of a domain."""
    if isinstance(domain, Options):
        return domain.values[int(position * len(domain.values))]
    if domain.integer:
        edges = (domain.low - 0.5, domain.high + 0.5)
        return int(min(max(round(_between(edges, position, domain.scale)), domain.low), domain.high))
    value = _between((domain.low, domain.high), position, domain.scale)
    return min(max(value, domain.low), domain.high)


def evenly(domain: Range, points: int) -> Options:
    """``points`` values evenly spaced on the domain's scale, both ends among them."""
    step = 1 / (points - 1)
    values = [_between((domain.low, domain.high), number * step, domain.scale) for number in range(points)]
    values[0], values[-1] = domain.low, domain.high
    if domain.integer:
        return Options(tuple(sorted({round(value) for value in values})))
    return Options(tuple(values))


def _between(ends: tuple[float, float], position: float, scale: str) -> float:
    low, high = ends
    if scale == "log":
        return float(low * (high / low) ** position)
    if scale == "one_minus_log":
        return float(1 - (1 - low) * ((1 - high) / (1 - low)) ** position)
    return low + (high - low) * position

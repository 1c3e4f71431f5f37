"""Range and Options: the values that a search may give a hyperparameter."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

Value = bool | int | float | str


class Scale(StrEnum):
    """How the values between the ends of a range are spaced, by the name that study files and result folders use.

    A search draws positions in [0, 1) uniformly: 0 is the range's lower end, 1 its upper end. ``from_unit`` turns a
    position into a value, ``to_unit`` a value into its position.
    """

    LINEAR = "linear"
    """Uniform in x."""
    LOG = "log"
    """Uniform in log x."""
    ONE_MINUS_LOG = "one_minus_log"
    """Uniform in log(1 − x), the natural scale of a momentum or of Adam's β; tables show x."""

    @property
    def is_logarithmic(self) -> bool:
        """Whether a step of the position multiplies x or 1 − x, instead of adding to x."""
        return self is not Scale.LINEAR

    def mirrored(self, value: float) -> float:
        """The number whose logarithm the scale takes: 1 − x on ``one_minus_log``, else x. Its own inverse."""
        return 1.0 - value if self is Scale.ONE_MINUS_LOG else value

    def to_unit(self, value: float, low: float, high: float) -> float:
        """The position of a value in a range: in [0, 1], or beyond for a value outside the range.

        ValueError for a value that the scale cannot reach.
        """
        value, low, high = self.mirrored(value), self.mirrored(low), self.mirrored(high)
        if self.is_logarithmic:
            return math.log(value / low) / math.log(high / low)
        return (value - low) / (high - low)

    def from_unit(self, position: float, low: float, high: float) -> float:
        """The value at a position of a range; rounding may carry the value past an end by its last digit."""
        low, high = self.mirrored(low), self.mirrored(high)
        if self.is_logarithmic:
            return self.mirrored(float(low * (high / low) ** position))
        return low + (high - low) * position

    def reaches(self, value: float) -> bool:
        """Whether a range on this scale can contain the value; 0, for one, has no logarithm."""
        return not self.is_logarithmic or self.mirrored(value) > 0

    def check(self, low: float, high: float) -> None:
        """ValueError if the scale cannot reach an end of the range from ``low`` to ``high``."""
        if self is Scale.LOG and not self.reaches(low):
            raise ValueError(f"a log scale needs low > 0, got {low!r}")
        if self is Scale.ONE_MINUS_LOG and not self.reaches(high):
            raise ValueError(f"scale one_minus_log needs high < 1, got {high!r}")


@dataclass(frozen=True)
class Range:
    """The values from ``low`` to ``high``, both included.

    ``scale``: how a search spaces the values; the scale's name will do. ``integer``: whether only whole numbers are
    meant. ValueError for ends and scales that do not go together.
    """

    low: float
    high: float
    scale: Scale = Scale.LINEAR
    integer: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"needs finite low < high, got low={self.low!r}, high={self.high!r}")
        if self.scale not in list(Scale):
            raise ValueError(f"scale is one of {', '.join(Scale)}, got {self.scale!r}")
        object.__setattr__(self, "scale", Scale(self.scale))
        self.scale.check(self.low, self.high)
        if self.integer and (self.low != int(self.low) or self.high != int(self.high)):
            raise ValueError(f"an integer range needs whole ends, got {self.low!r} and {self.high!r}")
        if self.integer and self.scale is Scale.ONE_MINUS_LOG:
            raise ValueError("scale one_minus_log is for fractions, not for integers")

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int | float) or isinstance(value, bool):
            return False
        return self.low <= value <= self.high and (not self.integer or value == int(value))

    def position(self, value: float) -> float:
        """The position of a value on the range's scale, in [0, 1]; a value beyond an end has that end's position."""
        return self.scale.to_unit(min(max(value, self.low), self.high), self.low, self.high)

    def __str__(self) -> str:
        return f"[{self.low:g}, {self.high:g}]{'' if self.scale is Scale.LINEAR else f' {self.scale}'}"


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
    """Plain data with every digit: studies whose ranges differ in the last digit are different studies."""
    if isinstance(domain, Options):
        return {"options": list(domain.values)}
    return {**asdict(domain), "scale": domain.scale.value}


def domain_from_json(data: Mapping[str, Any]) -> Domain:
    """The domain that ``domain_to_json`` made plain data of."""
    return Options(tuple(data["options"])) if "options" in data else Range(**data)


def linear(low: float, high: float) -> Range:
    """Uniform in [low, high]."""
    return Range(low, high)


def log(low: float, high: float) -> Range:
    """Uniform in log x."""
    return Range(low, high, Scale.LOG)


def one_minus_log(low: float, high: float) -> Range:
    """Uniform in log(1 − x): for momenta and β."""
    return Range(low, high, Scale.ONE_MINUS_LOG)


def integers(low: int, high: int, *, log: bool = False) -> Range:
    """Whole numbers from low to high."""
    return Range(low, high, Scale.LOG if log else Scale.LINEAR, integer=True)


def options(*values: Value) -> Options:
    """One of the given values."""
    return Options(values)


TYPES: Mapping[type, str] = {bool: "a bool", int: "an int", float: "a float", str: "a str"}
"""The types that a hyperparameter may have → how messages call them."""


def from_unit(domain: Domain, position: float) -> Value:
    """The value at a position in [0, 1) of a domain."""
    if isinstance(domain, Options):
        return domain.values[int(position * len(domain.values))]
    if domain.integer:
        edges = (domain.low - 0.5, domain.high + 0.5)
        return int(min(max(round(domain.scale.from_unit(position, *edges)), domain.low), domain.high))
    value = domain.scale.from_unit(position, domain.low, domain.high)
    return min(max(value, domain.low), domain.high)


def evenly(domain: Range, points: int) -> Options:
    """``points`` values, evenly spaced on the range's scale, with both ends."""
    step = 1 / (points - 1)
    values = [domain.scale.from_unit(number * step, domain.low, domain.high) for number in range(points)]
    values[0], values[-1] = domain.low, domain.high
    if domain.integer:
        return Options(tuple(sorted({round(value) for value in values})))
    return Options(tuple(values))

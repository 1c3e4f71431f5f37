"""Numbers as a person reads them: as many digits as their interval allows, a true minus sign, a unit."""

from __future__ import annotations

import math
from typing import Any

NONE = "–"


def missing(value: Any) -> bool:
    """Whether a cell of a table holds no number: None, nan or pandas' NA."""
    return value is None or (not isinstance(value, str) and str(value) in ("nan", "<NA>", "NaT"))


def digits(mean: float, low: float, high: float) -> int:
    """Decimals that show two significant digits of an interval's half width, else three of the mean; 2 to 6."""
    known = not (missing(low) or missing(high)) and math.isfinite(high - low)
    size = (high - low) / 2 if known else abs(mean) / 10
    return min(6, max(2, 1 - math.floor(math.log10(size)))) if size > 0 and math.isfinite(size) else 2


def number(value: float, places: int, *, sign: bool = False) -> str:
    """Fixed decimals; ``sign``: a plus as well."""
    if missing(value):
        return NONE
    text = f"{value:{'+' if sign else ''}.{places}f}"
    if float(text) == 0:
        text = text.lstrip("+-")
    return text.replace("-", "−")


def bounds(low: float, high: float, places: int, *, sign: bool = False) -> str:
    """``[low, high]``; nothing where there is no interval."""
    if missing(low) or missing(high):
        return ""
    return f"[{number(low, places, sign=sign)}, {number(high, places, sign=sign)}]"


def interval(mean: float, low: float, high: float, *, sign: bool = False) -> str:
    """``mean [low, high]``."""
    if missing(mean):
        return NONE
    places = digits(mean, low, high)
    return f"{number(mean, places, sign=sign)} {bounds(low, high, places, sign=sign)}".rstrip()


def brief(value: Any) -> str:
    """Four significant digits of a float, anything else as it is."""
    if missing(value):
        return NONE
    if isinstance(value, float):
        return f"{value:.4g}".replace("-", "−")
    return str(value)


def percent(share: float) -> str:
    """A share of 1 as a whole percentage."""
    return NONE if missing(share) else f"{100 * share:.0f}%"


def plural(count: int, noun: str) -> str:
    """``1 seed``, ``2 seeds``, ``1,000 seeds``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def noun(metric: str) -> str:
    """What a metric measures, without its split: ``dev_uas`` → UAS, ``dev_accuracy`` → accuracy."""
    words = metric.split("_")
    words = words[1:] if len(words) > 1 and words[0] in ("train", "dev", "test") else words
    return " ".join(word.upper() if len(word) <= 3 else word for word in words)


def unit(metric: str) -> str:
    """Unit of the built-in problems' metrics; '' of any other."""
    if metric.endswith("_loss"):
        return "nats"
    return "%" if metric.endswith(("_accuracy", "_uas", "_las")) else ""


def title(metric: str) -> str:
    """For an axis: ``dev UAS, %``."""
    split = metric.partition("_")[0]
    name = f"{split} {noun(metric)}" if split in ("train", "dev", "test") else noun(metric)
    return f"{name}, {unit(metric)}" if unit(metric) else name


def amount(size: float, places: int, metric: str) -> str:
    """A size of a difference: ``0.61 UAS``, ``0.020 nats of loss``."""
    text = number(abs(size), places)
    if unit(metric) == "nats":
        return f"{text} nats of {noun(metric)}"
    return f"{text} points of {noun(metric)}" if metric.endswith("_accuracy") else f"{text} {noun(metric)}"

"""Numbers as a person reads them: as many digits as their interval allows, a true minus sign, a unit."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from harness.metric import Metric

if TYPE_CHECKING:
    from harness.plugin.ranges import Value

NONE = "–"


def missing(value: Any) -> bool:
    """Whether a cell of a table holds no number: None, nan or pandas' NA."""
    return value is None or (not isinstance(value, str) and str(value) in ("nan", "<NA>", "NaT"))


FEW = 3
"""The most values that are shown themselves, since an interval would say less."""


def digits(mean: float, low: float, high: float, values: Sequence[float] = ()) -> int:
    """Decimals that show two significant digits of an interval's half width, else three of the mean; 2 to 6.

    ``values``: two or three that are shown where there is no interval; then their range stands for it.
    """
    if (missing(low) or missing(high)) and 1 < len(values) <= FEW and max(values) > min(values):
        low, high = min(values), max(values)
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


def bounds(low: float, high: float, places: int, values: Sequence[float] = (), *, sign: bool = False) -> str:
    """``[low, high]``; without an interval two or three ``values`` themselves, ``(55.10, 64.16)``, or nothing."""
    if missing(low) or missing(high):
        few = ", ".join(number(value, places, sign=sign) for value in values) if 1 < len(values) <= FEW else ""
        return f"({few})" if few else ""
    return f"[{number(low, places, sign=sign)}, {number(high, places, sign=sign)}]"


def interval(mean: float, low: float, high: float, values: Sequence[float] = (), *, sign: bool = False) -> str:
    """``mean [low, high]``, or the mean of two or three ``values`` with them: ``59.63 (55.10, 64.16)``."""
    if missing(mean):
        return NONE
    places = digits(mean, low, high, values)
    return f"{number(mean, places, sign=sign)} {bounds(low, high, places, values, sign=sign)}".rstrip()


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
    """``1 seed``, ``2 searches``, ``1,000 seeds``."""
    return f"{count:,} {noun if count == 1 else plural_of(noun)}"


def plural_of(noun: str) -> str:
    """``seeds``, ``searches``."""
    return f"{noun}es" if noun.endswith("ch") else f"{noun}s"


def amount(size: float, places: int, metric: Metric) -> str:
    """A size of a difference: ``0.61 UAS``, ``0.020 nats of loss``."""
    return f"{number(abs(size), places)} {unit_of(metric)}"


def unit_of(metric: Metric) -> str:
    """What sizes of differences are of: ``UAS``, ``nats of loss``, ``points of accuracy``."""
    if metric.unit == "nats":
        return f"nats of {metric.noun}"
    in_points = metric.unit == "%" and metric.name.endswith("_accuracy")
    return f"points of {metric.noun}" if in_points else metric.noun


def show(value: Value) -> str:
    """A value for people: four significant digits."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def clean(name: object) -> str:
    """On one line, without characters that do not print or that turn the direction of writing."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in str(name)).split()) or "(no name)"


def fit(name: str, limit: int) -> str:
    """At most ``limit`` characters, with an ellipsis in the middle: what sets names apart is often at their end."""
    text = clean(name)
    if len(text) <= limit:
        return text
    tail = (limit - 1) // 2
    return f"{text[: limit - 1 - tail]}…{text[-tail:]}"


def labels(names: Sequence[str], limit: int) -> dict[str, str]:
    """A label for each name, of ``limit`` characters or, where two would be the same, numbered."""
    short = {name: fit(name, limit) for name in names}
    count = Counter(short.values())
    return {
        name: label if count[label] == 1 else f"{fit(name, max(limit - 4, 4))} #{names.index(name) + 1}"
        for name, label in short.items()
    }


def last_words(names: Iterable[str]) -> dict[str, str]:
    """Full name → its last word; with its component where another ends alike, and whole where that is not enough."""
    names = list(names)
    lasts = Counter(name.rpartition(".")[2] for name in names)
    middles = Counter(name.partition(".")[2] for name in names)
    short = {}
    for name in names:
        middle, last = name.partition(".")[2], name.rpartition(".")[2]
        short[name] = last if lasts[last] == 1 else middle if middles[middle] == 1 else name
    return short


def duration(seconds: float) -> str:
    """Two units at most: 45 s, 3 min 20 s, 2 h 5 min."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def without_password(text: str) -> str:
    """A URL, or a text that has one in it, as anybody may read it: rather too much is hidden than too little.

    A password stands before the last @ of a line, whatever characters it has, or is a parameter of the URL.
    """
    text = re.sub(r"((?:\w[\w+.-]*://)?[^:/@\s]*):(?!//)[^\n]*@", r"\1:***@", text)
    return re.sub(r"(?i)([?&][\w.-]*(?:pass|pwd|secret|token|key)[\w.-]*=)[^&\s'\"]*", r"\1***", text)

"""Names as a page can show them: of arms, which a study may call anything, and of hyperparameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence


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

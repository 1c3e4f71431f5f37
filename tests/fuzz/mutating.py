"""Inputs damaged as disks, editors and strangers damage them: a function of a seed, so that each can be made again."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

ODD = (
    b"", b"0", b"-1", b"1e9", b"1e400", b"NaN", b"Infinity", b"null", b"true", b"{}", b"[]", b'""', b"\0", b"\xff\xfe",
    b"9" * 400, b"[" * 2000, "\u202egnp.exe".encode(), b"\x1b]0;owned\x07", b"=1+1", b"-0", b"0.1e-400", b"../../x",
)  # fmt: skip
"""What stands where something else is expected."""

VALUES = (
    None, True, False, 0, -1, 1, 2**63, 10**9, 10**30, -0.5, 1e308, float("nan"), float("inf"), "", "x", "\x1b[31m",
    "\u202e", [], {}, [[]], {"": None}, ["x"], "1", "optimiser.adam.lr", "2024-01-01",
)  # fmt: skip
"""What stands in JSON where another value is expected."""


def mutated(data: bytes, rng: random.Random, partner: bytes = b"") -> bytes:
    """One to three changes of the bytes. ``partner``: another input of the kind, of which a piece may be taken."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        data = rng.choice(BYTES)(data, rng, partner)
    return data


def mutated_json(data: bytes, rng: random.Random, partner: bytes = b"") -> bytes:
    """A change of one value somewhere in a JSON text, or in a line of JSON lines; else one of the bytes."""
    lines = data.split(b"\n") if data.count(b"\n{") else [data]
    place = rng.randrange(len(lines))
    try:
        value = json.loads(lines[place])
    except ValueError:
        return mutated(data, rng, partner)
    holders = [holder for holder in _holders(value) if holder]
    if not holders or rng.random() < 0.25:
        return mutated(data, rng, partner)
    holder = rng.choice(holders)
    key = rng.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    if rng.random() < 0.2:
        del holder[key]
    elif isinstance(holder, dict) and rng.random() < 0.2:
        holder[rng.choice(("", "x", "format", "step", "name", "lost"))] = rng.choice(VALUES)
    else:
        holder[key] = rng.choice(VALUES)
    lines[place] = json.dumps(value).encode()
    return b"\n".join(lines)


def _holders(value: object) -> list[dict | list]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    found = [value] if isinstance(value, dict | list) else []
    return [*found, *(each for one in inner for each in _holders(one))]


def _flipped(data: bytes, rng: random.Random, partner: bytes) -> bytes:
    place = rng.randrange(len(data) or 1)
    return data[:place] + bytes([rng.randrange(256)]) + data[place + 1 :]


def _cut(data: bytes, rng: random.Random, partner: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _without(data: bytes, rng: random.Random, partner: bytes) -> bytes:
    start = rng.randrange(len(data) + 1)
    return data[:start] + data[start + rng.randrange(1, 40) :]


def _with_odd(data: bytes, rng: random.Random, partner: bytes) -> bytes:
    start = rng.randrange(len(data) + 1)
    return data[:start] + rng.choice(ODD) + data[start + rng.choice((0, 0, 1, 3)) :]


def _with_partner(data: bytes, rng: random.Random, partner: bytes) -> bytes:
    start, first = rng.randrange(len(data) + 1), rng.randrange(len(partner) + 1)
    return data[:start] + partner[first : first + rng.randrange(200)] + data[start:]


def _lines(change: Callable[[list[bytes], random.Random], None]) -> Callable[[bytes, random.Random, bytes], bytes]:
    def act(data: bytes, rng: random.Random, partner: bytes) -> bytes:
        lines = data.split(b"\n")
        change(lines, rng)
        return b"\n".join(lines)

    return act


def _twice(lines: list[bytes], rng: random.Random) -> None:
    lines.insert(rng.randrange(len(lines) + 1), rng.choice(lines))


def _lost(lines: list[bytes], rng: random.Random) -> None:
    del lines[rng.randrange(len(lines))]


def _changed_about(lines: list[bytes], rng: random.Random) -> None:
    a, b = (rng.randrange(len(lines)) for _ in range(2))
    lines[a], lines[b] = lines[b], lines[a]


def _other_ends(lines: list[bytes], rng: random.Random) -> None:
    lines[:] = [line + b"\r" for line in lines]


def _word(lines: list[bytes], rng: random.Random) -> None:
    place = rng.randrange(len(lines))
    separator = next((sign for sign in (b"\t", b",", b" ", b"=") if sign in lines[place]), b" ")
    words = lines[place].split(separator)
    words[rng.randrange(len(words))] = rng.choice(ODD)
    lines[place] = separator.join(words)


BYTES = (
    _flipped, _cut, _without, _with_odd, _with_odd, _with_partner,
    *map(_lines, (_twice, _lost, _changed_about, _other_ends, _word, _word, _word)),
)  # fmt: skip

"""Values of a JSON file that know where they stand, so that a fault is one line with file and field."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from harness.errors import ResultError, unknown
from harness.plugin.ranges import Value


@dataclass(frozen=True)
class Node:
    """A value read from JSON: ``file`` names where it was read from, ``path`` the keys that lead to it."""

    value: Any
    file: str
    path: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """The keys that lead to the value, joined by dots."""
        return ".".join(self.path)

    def fault(self, message: str) -> ResultError:
        """The error that says what is wrong with this value, on one line whatever the keys and the message hold."""
        line = f"{self.place}: {message}" if self.path else message
        shown = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in line)
        return ResultError(f"{self.file}: {shown}")

    def child(self, key: str) -> Node:
        """What stands under a key of this table."""
        return Node(self.value[key], self.file, (*self.path, key))

    def table(self) -> dict[str, Node]:
        """The values of a table, by key."""
        self._check(isinstance(self.value, dict), "a table")
        return {key: self.child(key) for key in self.value}

    def fields(self, required: Collection[str], optional: Collection[str] = ()) -> dict[str, Node]:
        """The values of a table that has these keys and no others; an optional one may be absent."""
        found = self.table()
        lacking = [".".join(filter(None, (self.place, key))) for key in required if key not in found]
        if lacking:
            root = Node(None, self.file)
            raise root.fault(f"not of this version, it lacks {', '.join(lacking)}; run the study again in a new folder")
        for key, node in found.items():
            if key not in required and key not in optional:
                known = unknown("key", key, [*required, *optional])
                raise node.fault(f"{known}; the file was edited, or written by a newer version of the harness")
        return found

    def items(self) -> list[Node]:
        """The entries of a list; each is named by its number, from 0."""
        self._check(isinstance(self.value, list), "a list")
        return [Node(entry, self.file, (*self.path, str(number))) for number, entry in enumerate(self.value)]

    def text(self) -> str:
        """A text."""
        self._check(isinstance(self.value, str), "a text")
        return str(self.value)

    def texts(self) -> tuple[str, ...]:
        """A list of texts."""
        return tuple(entry.text() for entry in self.items())

    def number(self) -> float:
        """A number, an int staying one."""
        self._check(type(self.value) in (int, float), "a number")
        return self.value  # type: ignore[no-any-return] # its type was checked above

    def integer(self) -> int:
        """A whole number."""
        self._check(type(self.value) is int, "a whole number")
        return int(self.value)

    def flag(self) -> bool:
        """True or false."""
        self._check(isinstance(self.value, bool), "true or false")
        return bool(self.value)

    def scalar(self) -> Value:
        """A value of a hyperparameter."""
        self._check(isinstance(self.value, bool | int | float | str), "a number, a text, true or false")
        return self.value  # type: ignore[no-any-return] # its type was checked above

    def scalars(self) -> dict[str, Value]:
        """A table of values of hyperparameters."""
        return {key: node.scalar() for key, node in self.table().items()}

    def check_numbers(self) -> None:
        """Refuse, anywhere below, a number that no study holds: not finite, or whole with more than 64 bits."""
        for node in self._leaves():
            if type(node.value) is float and not math.isfinite(node.value):
                raise node.fault(f"is a finite number, got {node.value!r}")
            if type(node.value) is int and not -(2**63) <= node.value < 2**63:
                raise node.fault(f"has at most 64 bits, got {node.value.bit_length()}")

    def _leaves(self) -> Iterator[Node]:
        inner = list(self.table().values()) if isinstance(self.value, dict) else []
        inner = self.items() if isinstance(self.value, list) else inner
        for node in inner:
            yield from node._leaves()
        if not inner:
            yield self

    def _check(self, is_right: bool, what: str) -> None:
        if not is_right:
            shown = repr(self.value)
            raise self.fault(f"is {what}, got {shown if len(shown) <= 100 else shown[:99] + '…'}")

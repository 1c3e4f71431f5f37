"""What the functions of ``harness`` are given, checked: a wrong type is one line that says what was got and wanted."""

from __future__ import annotations

import math
import operator
import os
from pathlib import Path

from harness.errors import HarnessError


def path_of(given: object, name: str, error: type[HarnessError] = HarnessError) -> Path:
    """A path given as one or as a text; ``name``: of the argument, in the message of ``error``."""
    if not isinstance(given, str | os.PathLike):
        raise error(f"{name}: a path, or its text, got {_shown(given)}")
    text = os.fspath(given)
    if not isinstance(text, str):
        raise error(f"{name}: a path, or its text, got {_shown(text)}")
    if not text.strip() or not {"\0", "\n"}.isdisjoint(text):
        raise error(f"{name}: a path, or its text, got {text!r}")
    return Path(text)


def count_of(given: object, name: str, least: int = 0) -> int:
    """A whole number of at least ``least``, Python's or NumPy's; ``name`` says what it is in a HarnessError."""
    try:
        number = least - 1 if isinstance(given, bool) else operator.index(given)  # type: ignore[arg-type] # it is asked
    except TypeError:
        number = least - 1
    if number < least:
        shown = given if isinstance(given, int) and not isinstance(given, bool) else _shown(given)
        raise HarnessError(f"{name}, got {shown}")
    return number


def size_of(given: object, name: str, error: type[HarnessError] = HarnessError) -> float:
    """A finite number of at least 0, Python's or NumPy's; ``name``: of the argument, in the message of ``error``."""
    try:
        size = -1.0 if isinstance(given, bool | str) else float(given)  # type: ignore[arg-type] # it is asked
    except (TypeError, ValueError, OverflowError):
        size = -1.0
    if not (size >= 0 and math.isfinite(size)):
        raise error(f"{name}: a number of at least 0, got {_shown(given)}")
    return size


def text_of(given: object, name: str, error: type[HarnessError] = HarnessError) -> str:
    """A text; ``name``: of the argument, in the message of ``error``."""
    if not isinstance(given, str):
        raise error(f"{name}: a text, got {_shown(given)}")
    return given


def _shown(given: object) -> str:
    """The type of a value, and the value itself where it is short."""
    kind, value = type(given).__name__, repr(given)
    return kind if given is None or len(value) > 40 or not value.isprintable() else f"{kind} {value}"

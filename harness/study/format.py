"""The format in which result folders are written: one number, in study.json and in each record.

Every version reads all formats up to its own; a file without a number is of format 1. The number rises with each field
that is added or changes its meaning, because a version that does not know the field would misread the file or refuse it
without a word about why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FORMAT = 4
"""What this version writes. 2: the problem's digest is of its content, and confirmation has a seed of its own. 3: a
record may say that its run was lost, and another of the same run then follows it. 4: a record holds processor time."""


def format_of(data: Mapping[str, Any]) -> int:
    """The format of plain data; ValueError for a newer one, and for what is none."""
    number = data.get("format", 1)
    if type(number) is not int or number < 1:
        raise ValueError(f"format: is a whole number, at least 1, got {number!r}")
    if number > FORMAT:
        raise ValueError(f"written in format {number} by a newer version of the harness; this one reads up to {FORMAT}")
    return number

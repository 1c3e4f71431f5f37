"""The ledger: one JSON line for each time that the test split was opened. It can only grow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import ResultError

_KINDS = {"time": str, "seed_indices": list, "fingerprints": dict, "runs": int, "records": int}
"""``fingerprints``: of the configuration opened, by arm. ``runs``: evaluated. ``records``: of the search, by then."""


def ledger_line(opening: Mapping[str, Any]) -> str:
    """One line of JSON, without its newline; ValueError for what ``read_ledger`` would not take."""
    if not _is_opening(opening):
        raise ValueError(f"an opening has {', '.join(_KINDS)}, got {dict(opening)!r}")
    return json.dumps(dict(opening), allow_nan=False)


def read_ledger(path: Path) -> list[dict[str, Any]]:
    """Every whole line; ResultError with file:line for one that is no opening. A torn last line is not read."""
    if not path.exists():
        return []
    *lines, _ = path.read_bytes().split(b"\n")
    return [_parse(f"{path}:{number}", line) for number, line in enumerate(lines, start=1)]


def _parse(where: str, line: bytes) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except ValueError as error:
        raise ResultError(f"{where}: not an opening of the test split: {error}") from None
    if not isinstance(data, dict) or not _is_opening(data):
        raise ResultError(f"{where}: not an opening of the test split: {', '.join(_KINDS)} expected")
    return data


def _is_opening(data: Mapping[str, Any]) -> bool:
    return all(type(data.get(name)) is kind for name, kind in _KINDS.items())

"""Call ↔ one JSON line: what one call of ``harness run`` that made new runs spent its time on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.errors import ResultError


@dataclass(frozen=True, kw_only=True)
class Call:
    """``jobs``: worker processes. ``environment``: key into environment.json. ``seconds``: by activity."""

    jobs: int
    new_runs: int
    environment: str
    seconds: dict[str, float]

    def to_line(self) -> str:
        """One line of JSON, without its newline."""
        return json.dumps(asdict(self), allow_nan=False)


def read_calls(path: Path) -> list[Call]:
    """Every whole line; ResultError with file:line for one that is no call. A torn last line is not read."""
    if not path.exists():
        return []
    *lines, _ = path.read_bytes().split(b"\n")
    return [_parse(f"{path}:{number}", line) for number, line in enumerate(lines, start=1)]


_KINDS = {"jobs": int, "new_runs": int, "environment": str, "seconds": dict}


def _parse(where: str, line: bytes) -> Call:
    try:
        data = json.loads(line)
    except ValueError as error:
        raise ResultError(f"{where}: not a call: {error}") from None
    well_formed = isinstance(data, dict) and {name: type(value) for name, value in data.items()} == _KINDS
    if not well_formed or not all(isinstance(value, int | float) for value in data["seconds"].values()):
        raise ResultError(f"{where}: not a call of this version: {', '.join(_KINDS)} expected")
    return Call(**data)

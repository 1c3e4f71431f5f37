"""Record ↔ one JSON line: what a run leaves behind. The records are the truth; everything else can be rebuilt."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from harness.errors import ResultError
from harness.metric import Metric
from harness.records.jsonl import append_line
from harness.study.configuration import Configuration

Phase = Literal["search", "select", "confirm", "test"]


Key = tuple[str, str, int, int]


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Which run of a study: ``trial`` is the number of the trial that proposed the configuration."""

    phase: Phase
    arm: str
    trial: int
    seed_index: int

    @property
    def key(self) -> Key:
        """What identifies the run within its result folder."""
        return (self.phase, self.arm, self.trial, self.seed_index)


@dataclass(frozen=True, kw_only=True)
class Request(Identity):
    """A run that a study wants."""

    configuration: Configuration


@dataclass(frozen=True, kw_only=True)
class Record(Identity):
    """One run, over.

    ``reason``: why it failed, or ''. ``curve``: one mapping of numbers per evaluation point; its last one holds the
    metrics of the run. ``passes``: forward–backward passes. ``path``: ``shared`` where the hidden layer was
    computed by pairs, else ``plain``. ``seconds``: by activity. ``components``: plugin, version
    and source hash by choice. ``environment``: key into environment.json.
    """

    fingerprint: str
    configuration: dict[str, Any]
    reason: str
    curve: list[dict[str, float]]
    steps: int
    passes: int
    seconds: dict[str, float]
    components: dict[str, dict[str, str]]
    environment: str
    path: str = ""  # a field added later has a default: older records stay readable

    def configured(self) -> Configuration:
        """The configuration that was run."""
        return Configuration.from_json(self.configuration)

    def again(self, phase: Phase, seed_index: int) -> Request:
        """The same configuration at another seed index."""
        return Request(
            phase=phase, arm=self.arm, trial=self.trial, seed_index=seed_index, configuration=self.configured()
        )  # fmt: skip

    def score(self, metric: Metric) -> float:
        """The metric's value at the last step; nan for a failed run."""
        return math.nan if self.reason else self.curve[-1][metric.name]

    def to_line(self) -> str:
        """One line of JSON, without its newline."""
        return json.dumps(asdict(self), allow_nan=False, ensure_ascii=False)


def append(path: Path, record: Record) -> None:
    """Add one record and wait until it is on the disk."""
    append_line(path, record.to_line())


def read(path: Path) -> dict[Key, Record]:
    """Every whole line, by key; ResultError with file:line for one that is no record. A torn last line is not read."""
    if not path.exists():
        return {}
    *lines, _ = path.read_bytes().split(b"\n")
    records: dict[Key, Record] = {}
    for number, line in enumerate(lines, start=1):
        record = _parse_record(f"{path}:{number}", line)
        if record.key in records:
            raise ResultError(f"{path}:{number}: the same run is recorded twice: {record.key}")
        records[record.key] = record
    return records


_FIELDS = {each.name for each in fields(Record)}


_REQUIRED = {each.name for each in fields(Record) if each.default is MISSING}


_RECORD_FIELDS = {
    each: kind
    for kind, names in {
        str: ("phase", "arm", "fingerprint", "reason", "path", "environment"),
        int: ("trial", "seed_index", "steps", "passes"),
        dict: ("configuration", "seconds", "components"),
        list: ("curve",),
    }.items()
    for each in names
}


def _parse_record(where: str, line: bytes) -> Record:
    try:
        data: Mapping[str, Any] = json.loads(line)
    except ValueError as error:
        raise ResultError(f"{where}: not a record: {error}") from None
    strange = (_REQUIRED - data.keys()) | (data.keys() - _FIELDS) if isinstance(data, dict) else _FIELDS
    if strange:
        raise ResultError(f"{where}: not a record of this version: {', '.join(sorted(strange))} missing or not known")
    for name, kind in _RECORD_FIELDS.items():
        if name in data and (type(data[name]) is not kind or (name == "phase" and data[name] not in get_args(Phase))):
            raise ResultError(f"{where}: not a record: {name} cannot be {data[name]!r}")
    return Record(**data)


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
    return [_parse_call(f"{path}:{number}", line) for number, line in enumerate(lines, start=1)]


_CALL_FIELDS = {"jobs": int, "new_runs": int, "environment": str, "seconds": dict}


def _parse_call(where: str, line: bytes) -> Call:
    try:
        data = json.loads(line)
    except ValueError as error:
        raise ResultError(f"{where}: not a call: {error}") from None
    well_formed = isinstance(data, dict) and {name: type(value) for name, value in data.items()} == _CALL_FIELDS
    if not well_formed or not all(isinstance(value, int | float) for value in data["seconds"].values()):
        raise ResultError(f"{where}: not a call of this version: {', '.join(_CALL_FIELDS)} expected")
    return Call(**data)


_OPENING_FIELDS = {"time": str, "seed_indices": list, "fingerprints": dict, "runs": int, "records": int}
"""``fingerprints``: of the configuration opened, by arm. ``runs``: evaluated. ``records``: of the search, by then."""


def ledger_line(opening: Mapping[str, Any]) -> str:
    """One line of JSON, without its newline; ValueError for what ``read_ledger`` would not take."""
    if not _is_opening(opening):
        raise ValueError(f"an opening has {', '.join(_OPENING_FIELDS)}, got {dict(opening)!r}")
    return json.dumps(dict(opening), allow_nan=False)


def read_ledger(path: Path) -> list[dict[str, Any]]:
    """Every whole line; ResultError with file:line for one that is no opening. A torn last line is not read."""
    if not path.exists():
        return []
    *lines, _ = path.read_bytes().split(b"\n")
    return [_parse_opening(f"{path}:{number}", line) for number, line in enumerate(lines, start=1)]


def _parse_opening(where: str, line: bytes) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except ValueError as error:
        raise ResultError(f"{where}: not an opening of the test split: {error}") from None
    if not isinstance(data, dict) or not _is_opening(data):
        raise ResultError(f"{where}: not an opening of the test split: {', '.join(_OPENING_FIELDS)} expected")
    return data


def _is_opening(data: Mapping[str, Any]) -> bool:
    return all(type(data.get(name)) is kind for name, kind in _OPENING_FIELDS.items())


ACTIVITIES = ("importing", "preparing", "asking", "writing", "waiting")
"""Loading libraries; reading study and problem; proposing runs; keeping what came of them; workers at work."""

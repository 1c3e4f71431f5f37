"""The three kinds of line that a study leaves: a record a run, a call of the command, an opening of the test split.

The records are the truth; everything else can be rebuilt from them.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from harness.errors import ResultError
from harness.metric import SECONDS, SPLITS, Metric
from harness.records.jsonl import read_lines
from harness.study.configuration import Configuration
from harness.study.format import FORMAT, format_of

Phase = Literal["search", "select", "confirm", "test"]
Clock = Literal["processor", "wall"]
"""What seconds are of: computing, which others' load lengthens little, or from begin to end."""


class Key(NamedTuple):
    """What identifies a run within its result folder; the fields are those of ``Identity``."""

    phase: str
    arm: str
    repeat: int
    round: int
    trial: int
    seed_index: int


class Which(NamedTuple):
    """Which trial of an arm: the repeat of the search, the round of its widening and the number within that round."""

    repeat: int
    round: int
    trial: int

    @property
    def is_defaults(self) -> bool:
        """Whether it is the component's defaults, with which every search begins."""
        return (self.round, self.trial) == (0, 0)


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Which run of a study: ``trial`` is the number of the trial that proposed the configuration.

    ``repeat``: which of the arm's independent searches it belongs to, from 0. ``round``: the round of widening that the
    trial belongs to, within which it is numbered; 0 for the trials of the study's own ranges.
    """

    phase: Phase
    arm: str
    trial: int
    seed_index: int
    repeat: int = 0  # these two were added later: older records stay readable
    round: int = 0

    @property
    def key(self) -> Key:
        """What identifies the run within its result folder."""
        return Key(self.phase, self.arm, self.repeat, self.round, self.trial, self.seed_index)

    @property
    def which(self) -> Which:
        """The trial, within its arm."""
        return Which(self.repeat, self.round, self.trial)


@dataclass(frozen=True, kw_only=True)
class Request(Identity):
    """A run that a study wants."""

    configuration: Configuration


@dataclass(frozen=True, kw_only=True)
class Record(Identity):
    """One run, over.

    ``reason``: why it failed, or ''. ``lost``: it came to no end at all, since its worker processes died; the run is
    counted nowhere and made again by the next call. ``curve``: one mapping of numbers per evaluation point; its last
    one holds the metrics of the run. ``passes``: forward–backward passes. ``path``: ``shared`` where the hidden layer
    was computed by pairs, else ``plain``. ``seconds``: wall time by activity. ``processor_seconds``: processor time of
    the run's thread by activity; empty in formats before 4, and of a run on a GPU. ``components``: plugin, version and
    source hash by choice. ``environment``: key into environment.json. ``format``: in which it was written.
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
    processor_seconds: dict[str, float] = field(default_factory=dict)
    lost: bool = False
    format: int = FORMAT

    def configured(self) -> Configuration:
        """The configuration that was run."""
        return Configuration.from_json(self.configuration)

    def again(self, phase: Phase, seed_index: int) -> Request:
        """The same configuration at another seed index."""
        return Request(
            phase=phase, arm=self.arm, repeat=self.repeat, round=self.round, trial=self.trial, seed_index=seed_index,
            configuration=self.configured(),
        )  # fmt: skip

    def score(self, metric: Metric, clock: Clock = "wall") -> float:
        """The metric's value at the last step, or the seconds of training by ``clock``; nan for a failed run."""
        if self.reason:
            return math.nan
        return self.by_clock(clock)["training"] if metric == SECONDS else self.curve[-1][metric.name]

    def by_clock(self, clock: Clock) -> dict[str, float]:
        """Seconds by activity."""
        return self.processor_seconds if clock == "processor" else self.seconds

    def to_line(self) -> str:
        """One line of JSON, without its newline."""
        fields = dict(vars(self))  # asdict would copy every number of the curve first
        if not self.lost:
            del fields["lost"]
        return json.dumps(fields, allow_nan=False, ensure_ascii=False)

    @classmethod
    def from_json(cls, data: object) -> Record:
        """From the plain data of a line; ValueError that says what is wrong with it."""
        if not isinstance(data, dict):
            raise _not_of_this_version(_REQUIRED)
        number = format_of(data)
        if strange := (_REQUIRED - data.keys()) | (data.keys() - _KINDS.keys()):
            raise _not_of_this_version(strange)
        for name, value in data.items():
            if type(value) is not _KINDS[name] or not _CHECKS.get(name, _anything)(value):
                raise _not_a_record(name, value)
        lost = data.get("lost", number < 3 and data["reason"] == _DIED)
        record = cls(**{**data, "format": number, "lost": lost})
        if not record.reason and not record.curve:
            raise _not_a_record("curve", record.curve)
        if record.lost and not record.reason:
            raise _not_a_record("lost", True)
        if (known := record.configured().fingerprint) != record.fingerprint:
            raise ValueError(
                f"not a record: its configuration has the fingerprint {known}, and the record says "
                f"{record.fingerprint!r}: one of them was edited"
            )
        return record


_KINDS: Mapping[str, type] = {
    "phase": str, "arm": str, "trial": int, "seed_index": int, "repeat": int, "round": int, "fingerprint": str,
    "configuration": dict, "reason": str, "curve": list, "steps": int, "passes": int, "seconds": dict,
    "components": dict, "environment": str, "path": str,
    "processor_seconds": dict, "lost": bool, "format": int,
}  # fmt: skip
"""The JSON type of every field of a record."""


_DIED = "its worker process died (out of memory?)"
"""The reason of a failed run in formats 1 and 2, in which there were no lost ones."""

_REQUIRED = {each.name for each in fields(Record) if each.default is MISSING and each.default_factory is MISSING}


def _anything(value: Any) -> bool:
    return True


def _is_number(value: Any) -> bool:
    """A finite one, and where it is whole, of at most 64 bits: others are never written."""
    return (type(value) is int and abs(value) < 2**63) or (type(value) is float and math.isfinite(value))


def _is_count(value: Any) -> bool:
    return bool(_is_number(value) and value >= 0)


def _are_numbers(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_number, value.values()))


def _are_durations(value: Any) -> bool:
    return _are_numbers(value) and all(seconds >= 0 for seconds in value.values())


def _is_curve(value: Any) -> bool:
    """Evaluation points in the order of their steps, whose values a run can have."""
    if not all(_are_numbers(point) and "step" in point for point in value):
        return False
    steps = [point["step"] for point in value]
    return all(before < now for before, now in pairwise([0, *steps])) and all(
        _is_possible(name, number) for point in value for name, number in point.items()
    )


def _is_possible(name: str, number: float) -> bool:
    """Whether a metric of the built-in problems can have the value: a percentage, or a mean cross-entropy."""
    split, _, measured = name.partition("_")
    if split not in SPLITS:
        return True
    if measured in _PERCENTAGES:
        return 0 <= number <= 100
    return measured != "loss" or number >= 0


_PERCENTAGES = ("accuracy", "uas", "las")


def _are_origins(value: Any) -> bool:
    return all(
        isinstance(origin, dict) and all(type(text) is str for text in origin.values()) for origin in value.values()
    )


def _is_configuration(value: Any) -> bool:
    try:
        choices = value["choices"].values()
        return all(type(choice["name"]) is str for choice in choices) and bool(Configuration.from_json(value))
    except (KeyError, TypeError, AttributeError, ValueError):
        return False


_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "phase": lambda value: value in get_args(Phase), "configuration": _is_configuration, "curve": _is_curve,
    "seconds": _are_durations, "processor_seconds": _are_durations, "components": _are_origins,
    "trial": _is_count, "seed_index": _is_count, "repeat": _is_count, "round": _is_count,
    "steps": _is_count, "passes": _is_count,
}  # fmt: skip
"""What is asked of a field beyond its type."""


def _not_of_this_version(names: Iterable[str]) -> ValueError:
    return ValueError(f"not a record of this version: {', '.join(sorted(names))} missing or not known")


def _not_a_record(name: str, value: object) -> ValueError:
    shown = repr(value)
    return ValueError(f"not a record: {name} cannot be {shown if len(shown) <= 100 else shown[:99] + '…'}")


def common_clock(records: Iterable[Record]) -> Clock:
    """By which clock finished runs can be compared: processor time if all of them have it, else wall time.

    Runs on a GPU do not have it, nor those recorded in a format before 4.
    """
    return "processor" if all("training" in each.processor_seconds for each in records if not each.reason) else "wall"


class Recorded(NamedTuple):
    """What a file of records holds.

    ``records``: of every run that came to an end, by key; ``lines``: where in the file they stand, counted from 1.
    ``lost``: how many calls have lost a run, by its key.
    """

    records: dict[Key, Record]
    lines: dict[Key, int]
    lost: Counter[Key]


def read_records(path: Path) -> Recorded:
    """The records of a file; ResultError with file:line for a line that is none, and for a run that ended twice."""
    found = Recorded({}, {}, Counter())
    for number, record in enumerate(read_lines(path, Record.from_json, "a record"), start=1):
        if record.key in found.records:
            raise ResultError(f"{path}:{number}: the same run is recorded twice: {tuple(record.key)}")
        if record.lost:
            found.lost[record.key] += 1
        else:
            found.records[record.key] = record
            found.lines[record.key] = number
    return found


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call of ``harness run`` or ``harness unseal`` that made runs.

    ``jobs``: worker processes. ``environment``: key into environment.json. ``seconds``: by activity.
    """

    jobs: int
    new_runs: int
    environment: str
    seconds: dict[str, float]

    def to_line(self) -> str:
        """One line of JSON, without its newline."""
        return json.dumps(asdict(self), allow_nan=False)

    @classmethod
    def from_json(cls, data: object) -> Call:
        """From the plain data of a line; ValueError for what is no call."""
        kinds = {"jobs": int, "new_runs": int, "environment": str, "seconds": dict}
        if not isinstance(data, dict) or {name: type(value) for name, value in data.items()} != kinds:
            raise ValueError(f"not a call of this version: {', '.join(kinds)} expected")
        if not _are_durations(data["seconds"]):
            raise ValueError(f"not a call of this version: seconds cannot be {data['seconds']!r}")
        return cls(**data)


@dataclass(frozen=True, kw_only=True)
class Opening:
    """An opening of the test split.

    ``time``: in UTC. ``seed_indices``: at which it was measured. ``fingerprints``: of the configuration opened, by arm.
    ``runs``: evaluated. ``records``: of the search, by then.
    """

    time: str
    seed_indices: list[int]
    fingerprints: dict[str, str]
    runs: int
    records: int

    def to_line(self) -> str:
        """One line of JSON, without its newline."""
        return json.dumps(asdict(self), allow_nan=False)

    @classmethod
    def from_json(cls, data: object) -> Opening:
        """From the plain data of a line; ValueError for what is no opening."""
        kinds = {"time": str, "seed_indices": list, "fingerprints": dict, "runs": int, "records": int}
        if not isinstance(data, dict) or {name: type(data.get(name)) for name in kinds} != kinds:
            raise ValueError(f"not an opening of the test split: {', '.join(kinds)} expected")
        entries = {"seed_indices": (int, data["seed_indices"]), "fingerprints": (str, data["fingerprints"].values())}
        for name, (kind, values) in entries.items():
            if any(type(value) is not kind for value in values):
                raise ValueError(f"not an opening of the test split: {name} cannot be {data[name]!r}")
        return cls(**{name: data[name] for name in kinds})


ACTIVITIES = ("importing", "preparing", "asking", "writing", "waiting")
"""Loading libraries; reading study and problem; proposing runs; keeping what came of them; workers at work."""

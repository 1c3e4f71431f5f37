"""The result folder: what lies where, who may write, and whether the folder is one of ours.

Whether a changed study still fits it is said in ``harness.study.changes``.
"""

from __future__ import annotations

import difflib
import errno
import hashlib
import json
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import filelock

from harness import files
from harness.errors import ResultError
from harness.records.decisions import Decision, decision_from_json, decision_to_line
from harness.records.jsonl import append_lines, read_lines, repair
from harness.records.record import Call, Key, Opening, Record, Recorded, read_records
from harness.study.resolved import ResolvedStudy

NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
"""What the system says of a lock where a file system keeps none."""

MOST_TEXT = 64 * 2**20
"""The largest study.json, study.toml or environment.json that is read: 64 MiB."""


class ResultFolder:
    """Paths and files of one study's results."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.study_toml = path / "study.toml"
        self.study_json = path / "study.json"
        self.environment_json = path / "environment.json"
        self.journal = path / "journal.log"
        self.storage_json = path / "storage.json"
        self.records_file = path / "records.jsonl"
        self.decisions_file = path / "decisions.jsonl"
        self.calls_file = path / "calls.jsonl"
        self.ledger_file = path / "ledger.jsonl"
        self.tables = path / "tables"
        self.report = path / "report.html"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder's lock, files repaired, as its only writer; ResultError at once if another holds it."""
        lock = filelock.FileLock(self.path / ".lock", timeout=0)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with warnings.catch_warnings(action="ignore"):  # without flock, that its file is the lock from now on
                lock.acquire()
        except filelock.Timeout:
            left = ""
            if isinstance(lock, filelock.SoftFileLock):  # which outlives a kill, if that was on another machine
                left = f"; if none is, since it was killed, remove {self.path / '.lock'}"
            raise ResultError(
                f"{self.path}: another harness run is writing here; wait for it, or choose --out{left}"
            ) from None
        except OSError as error:
            if error.errno in NO_LOCKS:
                raise ResultError(
                    f"{self.path}: its file system keeps no locks ({files.reason_of(error)}), and without one two "
                    "commands could write here at once; choose a folder on another disk with --out"
                ) from None
            raise ResultError(f"{self.path}: cannot be a result folder: {files.reason_of(error)}") from None
        try:
            self._check_ours()
            self.check_places()
            files.remove_unfinished(self.path)
            repair(self.records_file)
            repair(self.decisions_file)
            repair(self.calls_file)
            repair(self.ledger_file)
            yield
        finally:
            lock.release()

    def _check_ours(self) -> None:
        """ResultError for a folder that holds files and no study.json, which is somebody else's."""
        strangers = sorted(
            entry.name for entry in self.path.iterdir() if entry.name != ".lock" and not files.is_unfinished(entry)
        )
        if strangers and not self.study_json.exists():
            raise ResultError(
                f"{self.path}: has {strangers[0]!r} in it and no study.json, so it is not a result folder; "
                "choose another with --out"
            )

    def check_places(self) -> None:
        """ResultError where a link stands in the place of something that is written: it would be written elsewhere."""
        places = (self.study_toml, self.study_json, self.environment_json, self.journal, self.storage_json,
                  self.records_file, self.decisions_file, self.calls_file, self.ledger_file, self.tables,
                  self.report)  # fmt: skip
        for place in places:
            if place.is_symlink():
                raise ResultError(
                    f"{place}: is a link, and what is written there would land outside of the folder; "
                    "copy the folder with the files that its links name (cp -rL)"
                )

    def study(self) -> ResolvedStudy | None:
        """The resolved study that the folder belongs to; None in a new one. ResultError for a file that holds none."""
        data = _read_json(self.study_json)
        return None if data is None else ResolvedStudy.from_json(data, str(self.study_json))

    def existing_study(self) -> ResolvedStudy:
        """The resolved study, of a folder that must be there."""
        study = self.study()
        if study is None:
            raise ResultError(
                f"{self.path}: no result folder here (study.json is missing){_meant(self.path) or ';'} "
                "harness run STUDY makes one"
            )
        return study

    def write_study(self, toml: str, resolved: ResolvedStudy) -> None:
        """Keep the study as given and as resolved; a file that says it already is left alone."""
        write_text(self.study_json, to_json(resolved.to_json()))
        write_text(self.study_toml, toml)

    def given(self) -> str | None:
        """The text of the study as it was given; None where it is not there."""
        try:
            return files.read_text(self.study_toml, most=MOST_TEXT)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ResultError(f"{self.study_toml}: cannot be read: {files.reason_of(error)}") from None
        except UnicodeDecodeError:
            raise ResultError(f"{self.study_toml}: damaged: not UTF-8") from None

    def mark(self) -> tuple[str, str]:
        """By what a storage that others use knows the folder, and a digest of where it was then; '' if by nothing."""
        data = _read_json(self.storage_json)
        if data is None:
            return "", ""
        if not isinstance(data, dict) or {type(data.get(name)) for name in ("mark", "place")} != {str}:
            raise ResultError(f"{self.storage_json}: damaged: it holds no mark and place")
        return data["mark"], data["place"]

    def write_mark(self, mark: str) -> None:
        """Keep the folder's mark, as of the place where the folder is now."""
        write_text(self.storage_json, to_json({"mark": mark, "place": self.place}))

    @property
    def place(self) -> str:
        """A digest of where the folder is: a copy of it is elsewhere, and who is given one need not know where."""
        return hashlib.sha256(os.fsencode(self.path.resolve())).hexdigest()[:16]

    def environments(self) -> dict[str, Any]:
        """Every environment that contributed a record, by its key."""
        environments = _read_json(self.environment_json)
        if environments is None:
            return {}
        if not isinstance(environments, dict) or not all(map(_is_environment, environments.values())):
            raise ResultError(f"{self.environment_json}: damaged: it holds no environments")
        return environments

    def add_environment(self, key: str, environment: Mapping[str, Any]) -> None:
        """Keep a description of where and with what runs were computed; ResultError for a second device."""
        known, device = self.environments(), environment["device"]
        others = {described.get("device", "cpu") for described in known.values()} - {device}
        if others:
            raise ResultError(
                f"{self.path}: its runs were computed on {', '.join(sorted(others))}, not {device}; "
                "go on with that --device, or choose another folder with --out"
            )
        if known.get(key) != environment:
            write_text(self.environment_json, to_json({**known, key: environment}))

    def records(self) -> dict[Key, Record]:
        """Every record of a run that came to an end, by key."""
        return self.recorded().records

    def recorded(self) -> Recorded:
        """The records, and which runs were lost how often."""
        return read_records(self.records_file)

    def append(self, records: Sequence[Record]) -> None:
        """Add records in one write; all of them are on the disk when this returns."""
        append_lines(self.records_file, [record.to_line() for record in records])

    def decisions(self) -> list[Decision]:
        """What the study has decided on its way, oldest first; nothing in a folder that is older than decisions are."""
        return read_lines(self.decisions_file, decision_from_json, "a decision")

    def append_decision(self, decision: Decision) -> None:
        """Add a decision; it is on the disk when this returns."""
        append_lines(self.decisions_file, [decision_to_line(decision)])

    def calls(self) -> list[Call]:
        """The calls of ``harness run`` that made the records, as far as they came to their end."""
        return read_lines(self.calls_file, Call.from_json, "a call")

    def append_call(self, call: Call) -> None:
        """Add a call; it is on the disk when this returns."""
        append_lines(self.calls_file, [call.to_line()])

    def ledger(self) -> list[Opening]:
        """The openings of the test split, oldest first."""
        return read_lines(self.ledger_file, Opening.from_json, "an opening of the test split")

    def append_ledger(self, opening: Opening) -> None:
        """Add an opening; it is on the disk when this returns."""
        append_lines(self.ledger_file, [opening.to_line()])


def _is_environment(data: object) -> bool:
    tables = ("packages", "plugins")
    return isinstance(data, dict) and all(isinstance(data.get(name) or {}, dict) for name in tables)


def to_json(data: Mapping[str, Any]) -> str:
    """Indented JSON, the same text for the same data."""
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def write_text(path: Path, text: str) -> None:
    """Make or replace a file in one step; leave alone what says it already. ResultError if it cannot be written."""
    data = text.encode()
    try:
        files.check_target(path)
        if not path.exists() or path.stat().st_size != len(data) or files.read_bytes(path) != data:
            files.write_bytes(path, data)
    except OSError as error:
        raise ResultError(f"{path}: cannot be written: {files.reason_of(error)}") from None


def _meant(path: Path) -> str:
    """Which result folder may have been meant by a path that is none: the one around it, one in it, or one beside."""
    inside = [path.parent] if (path.parent / "study.json").is_file() and path.name else []
    inside = inside or sorted(file.parent for file in path.glob("*/study.json"))
    beside = [str(file.parent) for file in sorted(path.parent.glob("*/study.json"))]
    near = [str(folder) for folder in inside] or difflib.get_close_matches(str(path), beside, n=1)
    return f", did you mean {near[0]!r}?" if near else ""


def _one_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} is there twice")
    return table


def _read_json(path: Path) -> Any:
    try:
        return json.loads(files.read_text(path, most=MOST_TEXT), object_pairs_hook=_one_key_once)
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        raise ResultError(f"{path.parent}: is a file, not a result folder{_meant(path.parent)}") from None
    except OSError as error:
        raise ResultError(f"{path}: cannot be read: {files.reason_of(error)}") from None
    except (ValueError, RecursionError) as error:
        raise ResultError(f"{path}: damaged: {error}") from None

"""Optuna's journal is a cache of the records: however it is damaged, a study ends as if nothing had been."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from optuna.storages.journal import JournalFileBackend
from rich.console import Console

from harness.errors import ResultError

from support.studies import STUDY, run, tables, write_study

TPE = STUDY.replace("[search]", '[search]\nsampler = "tpe"\nbatch = 2')
KEPT = 6
"""Records that are left: of some trials of a search that had not ended."""


def edited(line: bytes, change: Callable[[dict], object]) -> bytes:
    entry = json.loads(line)
    change(entry)
    return json.dumps(entry).encode()


def line_with(lines: list[bytes], key: str) -> int:
    return next(number for number, line in enumerate(lines) if key in json.loads(line))


def with_other(key: str, value: object) -> Callable[[list[bytes]], list[bytes]]:
    """The first line that has a key, with another value in its place."""

    def damage(lines: list[bytes]) -> list[bytes]:
        number = line_with(lines, key)
        return [*lines[:number], edited(lines[number], lambda entry: entry.update({key: value})), *lines[number + 1 :]]

    return damage


WAYS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "nothing left": lambda lines: [],
    "the first half": lambda lines: lines[: len(lines) // 2],
    "the second half": lambda lines: lines[len(lines) // 2 :],
    "a line lost": lambda lines: [*lines[:3], *lines[4:]],
    "two lines changed about": lambda lines: [*lines[:2], lines[5], *lines[3:5], lines[2], *lines[6:]],
    "every line twice": lambda lines: [line for line in lines for _ in range(2)],
    "no JSON": lambda lines: [*lines[:3], b"so it goes", *lines[4:]],
    "half a line in the middle": lambda lines: [*lines[:3], lines[3][:9], *lines[4:]],
    "bytes of zero": lambda lines: [*lines[:3], b"\0" * 40, *lines[4:]],
    "noise": lambda lines: [*lines[:3], random.Random(0).randbytes(300).replace(b"\n", b" "), *lines[4:]],
    "a torn last line that has its newline": lambda lines: [*lines, b'{"op_code":4,"wor'],
    "a list for an entry": lambda lines: [*lines[:3], b"[1, 2]", *lines[4:]],
    "very deep": lambda lines: [*lines[:3], b"[" * 50_000, *lines[4:]],
    "an operation nobody knows": with_other("op_code", 99),
    "the name of another search": with_other("study_name", "somebody"),
    "another value of a hyperparameter": with_other("user_attrs", {"optimiser.adam.lr": 0.5}),
    "another score": with_other("values", [99.0]),
    "a state that is none": with_other("state", "done"),
    "a trial that is not there": with_other("trial_id", 10**9),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    run(write_study(folder, TPE), folder / "out")
    return folder / "out"


@pytest.mark.parametrize("way", WAYS)
def test_a_damaged_journal_is_made_again_from_the_records(whole, tmp_path, way):
    study, out = write_study(tmp_path, TPE), tmp_path / "out"
    out.mkdir()
    for name in ("study.json", "study.toml", "environment.json"):
        (out / name).write_bytes((whole / name).read_bytes())
    (out / "records.jsonl").write_bytes(b"".join((whole / "records.jsonl").read_bytes().splitlines(True)[:KEPT]))
    *lines, _ = (whole / "journal.log").read_bytes().split(b"\n")
    (out / "journal.log").write_bytes(b"".join(line + b"\n" for line in WAYS[way](lines)))
    before = (out / "records.jsonl").read_bytes()
    run(study, out)
    assert tables(out) == tables(whole)
    assert (out / "records.jsonl").read_bytes().startswith(before)
    assert [json.loads(line) for line in (out / "journal.log").read_bytes().splitlines()], "a journal that can be read"


def test_it_is_said(tmp_path):
    study, out = write_study(tmp_path, TPE), tmp_path / "out"
    run(study, out)
    (out / "journal.log").write_bytes(b"so it goes\n")
    console = Console(file=io.StringIO(), width=300)
    run(study, out, console=console)
    assert "journal.log: damaged: line 1 is no JSON; it is made again from records.jsonl" in console.file.getvalue()


def test_a_whole_journal_is_left_as_it_is(whole):
    before = (whole / "journal.log").read_bytes()
    run(whole / "study.toml", whole)
    assert (whole / "journal.log").read_bytes() == before


def test_a_disk_that_is_full_is_one_line_and_loses_nothing(tmp_path, monkeypatch):
    study, out = write_study(tmp_path, STUDY), tmp_path / "out"
    real, left = JournalFileBackend.append_logs, [3]  # searches, what is asked, the first group told

    def full(self, logs):
        left[0] -= 1
        if left[0] == 0:
            raise OSError(28, "No space left on device")
        return real(self, logs)

    monkeypatch.setattr(JournalFileBackend, "append_logs", full)
    with pytest.raises(ResultError, match=r"journal\.log: cannot be written: no space left on device$"):
        run(study, out)
    run(study, out)
    monkeypatch.undo()
    run(write_study(tmp_path, STUDY, name="again.toml"), tmp_path / "again" / "out")
    assert tables(out) == tables(tmp_path / "again" / "out")

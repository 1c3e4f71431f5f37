"""Records, calls and openings of the test split: one line each, and one line on whatever is none."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import pytest

from harness.errors import ResultError
from harness.metric import SECONDS
from harness.records.jsonl import append_lines
from harness.records.record import Opening, common_clock, read_records

from support.by_hand import CALL, folder_of, record


def test_records_come_back_as_they_were(tmp_path):
    path = tmp_path / "records.jsonl"
    assert read_records(path).records == {}
    odd = record("search", "adam", 0, 0, 0.1 + 0.2, reason="", environment="ü|\u2028")
    for each in (odd, record("confirm", "sgd", 1, 100, None, reason="line\nbreak\ttab")):
        append_lines(path, [each.to_line()])
    assert path.read_bytes().count(b"\n") == 2
    found = read_records(path).records
    assert list(found) == [("search", "adam", 0, 0, 0, 0), ("confirm", "sgd", 0, 0, 1, 100)]
    assert found[odd.key] == odd


def test_a_reason_that_is_no_text_is_recorded_all_the_same(tmp_path):
    path = tmp_path / "records.jsonl"
    append_lines(path, [record("search", "adam", 0, 0, None, reason="bad byte \udcff").to_line()])
    assert [each.reason for each in read_records(path).records.values()] == ["bad byte ?"]


def test_a_record_with_a_number_that_is_none_is_refused(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        append_lines(tmp_path / "r", [record("search", "adam", 0, 0, math.nan).to_line()])


def test_a_record_from_before_a_field_was_added_can_be_read(tmp_path):
    line = json.loads(record("search", "adam", 0, 0, 80.0).to_line())
    for added in ("path", "repeat", "round"):
        del line[added]
    (tmp_path / "records.jsonl").write_text(json.dumps(line) + "\n")
    [found] = read_records(tmp_path / "records.jsonl").records.values()
    assert (found.path, found.which) == ("", (0, 0, 0))


def test_a_run_is_known_by_repeat_and_round_and_keeps_them_at_other_seeds(tmp_path):
    path = tmp_path / "records.jsonl"
    runs = [record("search", "adam", 3, 0, 80.0, repeat=repeat, round=round_) for repeat in (0, 2) for round_ in (0, 1)]
    for each in runs:
        append_lines(path, [each.to_line()])
    assert list(read_records(path).records.values()) == runs
    again = runs[3].again("confirm", 102)
    assert again.key == ("confirm", "adam", 2, 1, 3, 102)
    assert (again.which, again.key.seed_index) == (runs[3].which, 102)
    firsts = [record("search", "adam", trial, 0, 1.0, round=round_) for trial, round_ in ((0, 0), (1, 0), (0, 1))]
    assert [each.which.is_defaults for each in firsts] == [True, False, False]


GOOD: Mapping[str, Any] = json.loads(record("search", "adam", 0, 0, 1.0).to_line())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"", r"not a record: Expecting value: line 1 column 1 \(char 0\)"),
        (b"{", r"not a record: Expecting property name enclosed in double quotes: .*"),
        (b"\xff", r"not a record: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
        (b"[]", r"not a record of this version: arm, components, .*, trial missing or not known"),
        (b"null", r"not a record of this version: arm, components, .*, trial missing or not known"),
        ({"arm": ...}, r"not a record of this version: arm missing or not known"),
        ({"arms": "x", "trial": ...}, r"not a record of this version: arms, trial missing or not known"),
        ({"arm": ["x"]}, r"not a record: arm cannot be \['x'\]"),
        ({"trial": "3"}, r"not a record: trial cannot be '3'"),
        ({"trial": True}, r"not a record: trial cannot be True"),
        ({"phase": "tests"}, r"not a record: phase cannot be 'tests'"),
        ({"curve": {}}, r"not a record: curve cannot be \{\}"),
        ({"curve": []}, r"not a record: curve cannot be \[\]"),
        ({"curve": [3]}, r"not a record: curve cannot be \[3\]"),
        ({"curve": [{"dev_loss": 1.0}]}, r"not a record: curve cannot be \[\{'dev_loss': 1.0\}\]"),
        ({"curve": [{"step": "1"}]}, r"not a record: curve cannot be \[\{'step': '1'\}\]"),
        ({"seconds": {"training": None}}, r"not a record: seconds cannot be \{'training': None\}"),
        ({"seconds": {"training": math.inf}}, r"not a record: seconds cannot be \{'training': inf\}"),
        ({"curve": [{"step": 10**30}]}, r"not a record: curve cannot be \[\{'step': 10{30}\}\]"),
        ({"curve": [{"step": 1, "dev_loss": math.nan}]}, r"not a record: curve cannot be .*"),
        ({"steps": 10**30}, r"not a record: steps cannot be 10{30}"),
        ({"components": {"optimiser": "adam"}}, r"not a record: components cannot be \{'optimiser': 'adam'\}"),
        ({"configuration": {}}, r"not a record: configuration cannot be \{\}"),
        ({"configuration": {"choices": [], "model": {}, "training": {}}}, r"not a record: configuration cannot be .*"),
        ({"configuration": {"choices": {}, "model": {"embedding_dim": 0}, "training": {}}}, r".* cannot be \{.*\}"),
        ({"round": "1"}, r"not a record: round cannot be '1'"),
        ({"repeat": 10**30}, r"not a record: repeat cannot be 10{30}"),
        ({"trial": -1}, r"not a record: trial cannot be -1"),
        ({"steps": -3}, r"not a record: steps cannot be -3"),
        ({"seconds": {"training": -1.0}}, r"not a record: seconds cannot be \{'training': -1.0\}"),
        ({"processor_seconds": {"training": -1.0}}, r"not a record: processor_seconds cannot be \{'training': -1.0\}"),
        ({"processor_seconds": 1.5}, r"not a record: processor_seconds cannot be 1.5"),
        ({"curve": [{"step": 1, "dev_uas": 1e6}]}, r"not a record: curve cannot be .*"),
        ({"curve": [{"step": 1, "test_accuracy": -0.1}]}, r"not a record: curve cannot be .*"),
        ({"curve": [{"step": 1, "train_loss": -0.1}]}, r"not a record: curve cannot be .*"),
        ({"curve": [{"step": 2, "dev_loss": 1.0}, {"step": 2, "dev_loss": 1.0}]}, r"not a record: curve cannot be .*"),
        ({"lost": 1}, r"not a record: lost cannot be 1"),
        ({"lost": True}, r"not a record: lost cannot be True"),
        ({"fingerprint": "0" * 12}, r"not a record: its configuration has the fingerprint [0-9a-f]{12}, .* was edited"),
        ({}, r"the same run is recorded twice: \('search', 'adam', 0, 0, 0, 0\)"),
    ],
)
def test_a_line_that_is_no_record_is_named(tmp_path, line, message):
    path = tmp_path / "records.jsonl"
    append_lines(path, [record("search", "adam", 0, 0, 1.0).to_line()])
    if isinstance(line, dict):
        line = json.dumps({key: value for key, value in {**GOOD, **line}.items() if value is not ...}).encode()
    with path.open("ab") as file:
        file.write(line + b"\n")
    with pytest.raises(ResultError) as caught:
        read_records(path)
    assert re.fullmatch(f"{re.escape(str(path))}:2: {message}", str(caught.value))


def test_a_lost_run_counts_nowhere_and_may_be_recorded_again(tmp_path):
    path = tmp_path / "records.jsonl"
    lost = record("search", "adam", 0, 0, None, reason="killed", lost=True)
    ended = record("search", "adam", 0, 0, 80.0)
    for each in (lost, lost, ended):
        append_lines(path, [each.to_line()])
    found = read_records(path)
    assert list(found.records.values()) == [ended]
    assert (found.lines, found.lost) == ({ended.key: 3}, {ended.key: 2})
    append_lines(path, [lost.to_line()])
    with pytest.raises(ResultError, match=r":4: the same run is recorded twice"):
        read_records(path)


def test_a_record_from_before_processor_time_was_known_has_wall_time(tmp_path):
    newer = record("search", "adam", 0, 0, 80.0)
    old = json.loads(newer.to_line())
    assert old.pop("processor_seconds") == newer.processor_seconds != {}
    (tmp_path / "r").write_text(json.dumps({**old, "format": 3}) + "\n")
    [read] = read_records(tmp_path / "r").records.values()
    assert (read.processor_seconds, read.seconds) == ({}, newer.seconds)
    assert (common_clock([newer]), common_clock([newer, read])) == ("processor", "wall")
    assert (newer.score(SECONDS, "processor"), newer.score(SECONDS, "wall"), read.score(SECONDS, "wall")) == (
        1.25,
        1.5,
        1.5,
    )
    failed = record("search", "adam", 1, 0, None, processor_seconds={})
    assert common_clock([newer, failed]) == "processor", "a failed run has no seconds that are compared"


def test_an_old_record_of_a_dead_worker_is_read_as_lost(tmp_path):
    old = json.loads(record("search", "adam", 0, 0, None, reason="its worker process died (out of memory?)").to_line())
    (tmp_path / "r").write_text(json.dumps({**old, "format": 2}) + "\n")
    assert (list(read_records(tmp_path / "r").records), len(read_records(tmp_path / "r").lost)) == ([], 1)
    (tmp_path / "r").write_text(json.dumps({**old, "format": 3}) + "\n")
    assert len(read_records(tmp_path / "r").records) == 1


def test_calls_come_back_as_they_were_and_a_torn_one_is_cut_off(tmp_path):
    folder = folder_of(tmp_path / "out", [])
    assert folder.calls() == []
    folder.append_call(CALL)
    line = folder.calls_file.read_bytes()
    assert json.loads(line) == asdict(CALL)
    for cut in range(len(line)):
        folder.calls_file.write_bytes(line + line[:cut])
        assert folder.calls() == [CALL]
        with folder.locked():
            kept = line if cut == len(line) - 1 else b""
            assert folder.calls_file.read_bytes() == line + kept
    folder.calls_file.write_bytes(line)
    folder.append_call(replace(CALL, jobs=0))
    assert folder.calls() == [CALL, replace(CALL, jobs=0)]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", r"not a call: Expecting property name .*"),
        (b"[]", r"not a call of this version: jobs, new_runs, environment, seconds expected"),
        (b'{"jobs": 2}', r"not a call of this version: .*"),
        (json.dumps({**asdict(CALL), "jobs": "2"}).encode(), r"not a call of this version: .*"),
        (
            json.dumps({**asdict(CALL), "seconds": {"wall": math.inf}}).encode(),
            r"not a call of this version: seconds .*",
        ),
    ],
)
def test_a_line_that_is_no_call_is_named(tmp_path, line, message):
    folder = folder_of(tmp_path / "out", [])
    folder.append_call(CALL)
    folder.calls_file.write_bytes(folder.calls_file.read_bytes() + line + b"\n")
    with pytest.raises(ResultError) as caught:
        folder.calls()
    assert re.fullmatch(f"{re.escape(str(folder.calls_file))}:2: {message}", str(caught.value))


# Openings on the disk

OPENING = Opening(
    time="2026-01-01T00:00:00Z", seed_indices=[100, 101], fingerprints={"adam": "f", "ü": "g"}, runs=4, records=9
)


def test_openings_come_back_as_they_were(tmp_path):
    folder = folder_of(tmp_path / "out", [])
    assert folder.ledger() == []
    for opening in (OPENING, replace(OPENING, runs=5)):
        folder.append_ledger(opening)
    assert folder.ledger() == [OPENING, replace(OPENING, runs=5)]
    assert folder.ledger_file.read_text().splitlines()[0] == json.dumps(asdict(OPENING))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", r"not an opening of the test split: Expecting property name .*"),
        (b"[]", r"not an opening of the test split: time, seed_indices, fingerprints, runs, records expected"),
        (b'{"time": "now"}', r"not an opening of the test split: .* expected"),
        ({"seed_indices": ["100"]}, r"not an opening of the test split: seed_indices cannot be \['100'\]"),
        ({"fingerprints": {"adam": 3}}, r"not an opening of the test split: fingerprints cannot be \{'adam': 3\}"),
    ],
)
def test_a_line_that_is_no_opening_is_named(tmp_path, line, message):
    folder = folder_of(tmp_path / "out", [])
    folder.append_ledger(OPENING)
    line = json.dumps({**asdict(OPENING), **line}).encode() if isinstance(line, dict) else line
    folder.ledger_file.write_bytes(folder.ledger_file.read_bytes() + line + b"\n")
    with pytest.raises(ResultError) as caught:
        folder.ledger()
    assert re.fullmatch(f"{re.escape(str(folder.ledger_file))}:2: {message}", str(caught.value))

"""Files of one JSON value a line, whole and torn."""

from __future__ import annotations

import io
import os

from harness.records.jsonl import append_lines, repair
from harness.records.record import read_records

from support.by_hand import record


def test_a_torn_last_line_is_not_read_and_can_be_cut_off_at_every_byte(tmp_path):
    path = tmp_path / "records.jsonl"
    repair(path)
    assert not path.exists()
    one, two = record("search", "adam", 0, 0, 1.0), record("search", "adam", 1, 0, 2.0)
    append_lines(path, [one.to_line()])
    whole_line = path.read_bytes()
    line = two.to_line().encode()
    for cut in range(len(line) + 1):
        path.write_bytes(whole_line + line[:cut])
        assert list(read_records(path).records) == [one.key]
        repair(path)
        kept = line + b"\n" if cut == len(line) else b""  # whole, but for its newline: that run is over
        assert path.read_bytes() == whole_line + kept
        repair(path)
        assert path.read_bytes() == whole_line + kept
    path.write_bytes(whole_line)
    append_lines(path, [two.to_line()])
    assert list(read_records(path).records) == [one.key, two.key]


def test_a_torn_group_keeps_its_whole_lines(tmp_path):
    path = tmp_path / "records.jsonl"
    group = [record("search", "adam", trial, 0, float(trial)) for trial in range(3)]
    append_lines(path, [each.to_line() for each in group])
    content = path.read_bytes()
    ends = [at for at, byte in enumerate(content) if byte == ord("\n")]
    for cut in {0, 1, *ends, *(end + 1 for end in ends), *(end + 2 for end in ends[:-1])}:
        path.write_bytes(content[:cut])
        repair(path)
        kept = sum(end <= cut for end in ends)  # a line that lacks only its newline is whole
        assert list(read_records(path).records) == [each.key for each in group[:kept]]
        assert path.read_bytes() == content[: ends[kept - 1] + 1 if kept else 0]


def test_lines_are_added_in_one_write_and_synced_once(tmp_path, monkeypatch):
    done = []

    class Noting(io.FileIO):
        def write(self, data):
            done.append(data)
            return super().write(data)

    monkeypatch.setattr("harness.files.open_to_append", lambda path: Noting(path, "ab"))
    monkeypatch.setattr(os, "fsync", lambda descriptor: done.append("synced"))
    append_lines(tmp_path / "lines", ["{}", "[]", "1"])
    assert done == [b"{}\n[]\n1\n", "synced"]

"""Files of one JSON value a line, whole and torn."""

from __future__ import annotations

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

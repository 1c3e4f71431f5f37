"""Files: whole or not at all, never through a link, never waiting, and no more than what is allowed."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from harness import files
from harness.errors import ResultError
from harness.records.folder import write_text
from harness.records.jsonl import append_lines, repair


def place(path: Path, kind: str) -> Path:
    """Something that is no regular file."""
    match kind:
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to(path.with_name("target"))
            path.with_name("target").write_text("kept\n")
        case "dangling link":
            path.symlink_to(path.with_name("nowhere"))
        case "pipe":
            os.mkfifo(path)
        case "socket":
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(str(path))
        case "device":
            path.symlink_to("/dev/zero")
    return path


KINDS = ("folder", "link", "dangling link", "pipe", "socket", "device")
WHAT = {"folder": "a folder", "pipe": "a pipe", "socket": "a socket"}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_a_regular_file_is_replaced_appended_to_or_mended(tmp_path, kind):
    path = place(tmp_path / "x", kind)
    before = path.lstat()
    for act in (
        lambda: files.write_bytes(path, b"new"),
        lambda: files.open_to_append(path).close(),
        lambda: files.open_to_mend(path).close(),
    ):
        with pytest.raises(OSError, match=f"it is {WHAT.get(kind, 'a link')}, not a file"):
            act()
    assert path.lstat() == before or path.lstat().st_mode == before.st_mode
    if kind == "link":
        assert (tmp_path / "target").read_text() == "kept\n"
    assert not (tmp_path / "nowhere").exists()
    assert [entry.name for entry in tmp_path.iterdir() if files.is_unfinished(entry)] == []


@pytest.mark.parametrize("kind", ["folder", "pipe", "socket", "device"])
def test_reading_waits_for_nobody(tmp_path, kind):
    with pytest.raises(OSError, match=f"it is {WHAT.get(kind, 'a device')}, not a file"):
        files.read_bytes(place(tmp_path / "x", kind))


def test_a_link_is_read_through(tmp_path):
    assert files.read_text(place(tmp_path / "x", "link")) == "kept\n"


def test_a_file_above_the_limit_is_not_read(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"x" * 11)
    with pytest.raises(OSError, match="it has 11 bytes, more than the 10 that are read"):
        files.read_bytes(path, most=10)
    assert len(files.read_bytes(path, most=11)) == 11


def test_the_mode_is_the_umask_s(tmp_path):
    before = os.umask(0o027)
    try:
        files.write_bytes(tmp_path / "deep" / "x", b"1")
        files.open_to_append(tmp_path / "y").close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "deep" / "x").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "y").stat().st_mode) == 0o640


def test_whoever_stops_in_the_middle_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "x"
    path.write_text("old")
    for error in (OSError(28, "No space left on device"), KeyboardInterrupt()):

        def stopped(descriptor: int, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr(os, "fsync", stopped)
        with pytest.raises(type(error)):
            files.write_bytes(path, b"new")
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]


def test_what_a_crash_left_half_written_is_removed_and_nothing_else(tmp_path):
    half = tmp_path / ".x.json.0123456789abcdef.new"
    half.write_text("{")
    for kept in (".lock", "x.json", "x.new"):
        (tmp_path / kept).write_text("1")
    (tmp_path / ".folder.new").mkdir()
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / ".curves.csv.0123456789abcdef.new").write_text("a")
    (tmp_path / ".link.new").symlink_to(tmp_path / "x.json")
    files.remove_unfinished(tmp_path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [
        ".folder.new", ".link.new", ".lock", "tables", "x.json", "x.new",
    ]  # fmt: skip
    assert not list((tmp_path / "tables").iterdir())


@pytest.mark.parametrize("kind", KINDS)
def test_a_result_file_that_cannot_be_written_is_one_line(tmp_path, kind):
    path = place(tmp_path / "x", kind)
    for act in (lambda: write_text(path, "new"), lambda: append_lines(path, ["{}"]), lambda: repair(path)):
        with pytest.raises(ResultError, match=rf"x: cannot be written: it is {WHAT.get(kind, 'a link')}, not a file$"):
            act()


def test_two_writers_do_not_meet_at_one_temporary_name(tmp_path, monkeypatch):
    names = []
    real = os.open

    def opened(path, flags, mode=0o777, **more):
        if str(path).endswith(".new"):
            names.append((str(path), bool(flags & os.O_EXCL)))
        return real(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", opened)
    for _ in range(2):
        files.write_bytes(tmp_path / "x", b"1")
    assert len({name for name, _ in names}) == 2
    assert all(exclusive for _, exclusive in names)

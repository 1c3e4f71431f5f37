"""The result folder: what is refused, and in which words."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys

import pytest

from harness.errors import ResultError
from harness.records.folder import ResultFolder
from harness.records.results import Results


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "{out}: no result folder here (study.json is missing); harness run STUDY makes one"),
        ("{", "{out}/study.json: damaged: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ('{"arms": {"a": 1, "b": 2, "a": 3}}', "{out}/study.json: damaged: the key 'a' is there twice"),
        ("[]", "{out}/study.json: damaged: it holds no study"),
        ("{}", "{out}/study.json: damaged: it holds no study"),
    ],
)
def test_a_folder_without_a_study(tmp_path, text, message):
    if text is not None:
        (tmp_path / "study.json").write_text(text)
    with pytest.raises(ResultError) as caught:
        Results.of(ResultFolder(tmp_path))
    assert str(caught.value) == message.replace("{out}", str(tmp_path))


def test_a_file_instead_of_a_folder(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(ResultError) as caught, ResultFolder(tmp_path / "out").locked():
        pass
    assert str(caught.value) == f"{tmp_path / 'out'}: cannot be a result folder: file exists"
    with pytest.raises(ResultError) as caught:
        Results.of(ResultFolder(tmp_path / "out"))
    assert str(caught.value) == f"{tmp_path / 'out'}: is a file, not a result folder"


def test_a_folder_keeps_to_one_device(tmp_path):
    folder = ResultFolder(tmp_path)
    folder.add_environment("a", {"device": "cpu"})
    folder.add_environment("b", {"device": "cpu", "torch": "3"})
    with pytest.raises(ResultError, match="its runs were computed on cpu, not cuda:0 Some GPU; go on"):
        folder.add_environment("c", {"device": "cuda:0 Some GPU"})
    assert list(folder.environments()) == ["a", "b"]


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOTSUP])
def test_a_disk_that_keeps_no_locks_is_one_line(tmp_path, monkeypatch, number):
    def refused(descriptor, operation):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refused)
    with pytest.raises(ResultError) as caught, ResultFolder(tmp_path / "out").locked():
        pass
    assert str(caught.value) == (
        f"{tmp_path / 'out'}: its file system keeps no locks ({os.strerror(number).lower()}), and without one two "
        "commands could write here at once; choose a folder on another disk with --out"
    )


def test_without_flock_a_file_is_the_lock(tmp_path, monkeypatch):
    def missing(descriptor, operation):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", missing)
    out = tmp_path / "out"
    with ResultFolder(out).locked():
        with pytest.raises(ResultError) as caught, ResultFolder(out).locked():
            pass
        assert str(caught.value) == (
            f"{out}: another harness run is writing here; wait for it, or choose --out; if none is, since it was "
            f"killed, remove {out / '.lock'}"
        )
    with ResultFolder(out).locked():
        pass
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (out / ".lock").write_text(f"{gone.pid}\n{os.uname().nodename}\n")
    with ResultFolder(out).locked():
        pass  # what was killed on this machine is no obstacle

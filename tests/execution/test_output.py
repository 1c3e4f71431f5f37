"""What components print: once, whatever runs and processes print it."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from harness.execution import processes
from harness.execution.output import PRINTED, OnceEach, Printed


def printing(number: int) -> int:
    print("a banner")
    print("run", number, end=" ")
    print("begins")
    return number


def test_a_line_comes_once_however_it_is_written() -> None:
    out = io.StringIO()
    stream = OnceEach(out, Printed())
    for text in ("one\n", "tw", "o\none\n", "two\nthree\n\n\n", "rest"):
        stream.write(text)
    assert out.getvalue() == "one\ntwo\nthree\n\n"
    stream.finish()
    assert out.getvalue() == "one\ntwo\nthree\n\nrest\n"
    print("rest", file=stream)
    assert out.getvalue().count("rest") == 1


def test_whoever_shares_a_file_prints_no_line_that_another_has_printed(tmp_path: Path) -> None:
    one = Printed()
    assert one.is_new("before")
    with one.shared():
        other = Printed(one.path)
        assert [other.is_new(line) for line in ("before", "new", "new")] == [False, True, False]
        assert [one.is_new(line) for line in ("new", "newer")] == [False, True]
        assert not other.is_new("newer")
        path = one.path
    assert (one.path, Path(path).exists()) == ("", False)
    assert not one.is_new("newer")


def test_a_file_that_is_gone_keeps_nobody_from_printing() -> None:
    printed = Printed("/nowhere/at/all")
    assert printed.is_new("line")
    assert not printed.is_new("line")


@pytest.mark.slow
def test_a_banner_of_every_worker_is_printed_once(capfd: pytest.CaptureFixture[str]) -> None:
    with PRINTED.shared():
        for count in (1, 1):
            with processes.process_pool(count) as executor:
                assert list(executor.map(printing, (1, 2))) == [1, 2]
        assert processes.run_alone(printing, 3) == 3
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == ["a banner", "run 1 begins", "run 2 begins", "run 3 begins"]


@pytest.mark.slow
def test_a_command_prints_a_plugin_s_line_once_and_its_answer_on_stdout(tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text(
        "import harness\nimport torch\nprint('loud 1.0')\n\n\n"
        "@harness.hookimpl\ndef register_optimisers(register):\n    register('loud', Loud)\n\n\n"
        "class Loud(torch.optim.SGD):\n    '''SGD, aloud.'''\n\n"
        "    def __init__(self, params, lr=0.1):\n        print('loud at', lr)\n"
        "        super().__init__(params, lr=lr)\n"
    )
    command = [sys.executable, "-m", "harness", "check", "loud.py"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert "1 component, " in done.stdout
    assert "loud" not in done.stdout.replace("optimiser loud   (plugin loud.py)", "")
    said = done.stderr.splitlines()
    assert said[0] == "loud 1.0"
    assert len(said) == len(set(said))

"""What components print: once, whatever runs and processes print it."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from harness.execution.output import OnceEach, Printed


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


def test_what_is_overwritten_is_dropped_and_a_bar_costs_nothing() -> None:
    out = io.StringIO()
    stream = OnceEach(out, Printed())
    for number in range(50_000):
        stream.write(f"\rstep {number}")
    stream.write("\r")
    stream.write("\n")
    for text in ("10%\r", "20%\r", "done\r", "\n", "a\r\nb\r", "c\n", "d\re\n", "f", "g\r", "\n"):
        stream.write(text)
    assert out.getvalue().splitlines() == ["step 49999", "done", "a", "c", "e", "fg"]


def test_a_line_without_an_end_is_handed_on_in_parts() -> None:
    out = io.StringIO()
    stream = OnceEach(out, Printed())
    for number in range(30):
        stream.write(f"{number:02d}" * 50_000)
    assert out.getvalue().count("\n") == 2


def test_it_is_a_text_stream_that_nobody_can_close() -> None:
    out = io.StringIO()
    stream = OnceEach(out, Printed())
    stream.reconfigure(line_buffering=True)
    stream.buffer.write("ü\n".encode())
    stream.buffer.write(b"\xff\n")
    wrapped = io.TextIOWrapper(stream.buffer, encoding="utf-8", write_through=True)
    print("wrapped", file=wrapped)
    wrapped.close()
    stream.close()
    print("still there", file=stream)
    assert out.getvalue() == "ü\n\\xff\nwrapped\nstill there\n"
    assert (stream.name, stream.mode, stream.isatty()) == ("<stdout>", "w", False)


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

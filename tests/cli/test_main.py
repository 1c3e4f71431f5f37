"""The command line as a user meets it: its shape, its help, its errors, its completion, and itself as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import harness
from harness.analysis.tables import TABLES
from harness.cli._options import HeadedOption
from harness.cli.main import main
from harness.plugin.kinds import CHOICES, KINDS
from harness.plugin.registry import build_registry

from support.paths import TINY
from support.studies import call


def shell(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The real command, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "harness", *words],
        capture_output=True, text=True, check=False, env={**os.environ, **environment},
    )  # fmt: skip


def commands(command: click.Command = main, name: str = "harness") -> dict[str, click.Command]:
    found = {name: command}
    if isinstance(command, click.Group):
        for each in command.commands.values():
            found |= commands(each, f"{name} {each.name}")
    return found


# The shape of it


def test_the_commands():
    assert sorted(main.commands) == [
        "check", "compare", "list", "new", "report", "run", "show", "table", "train", "unseal",
    ]  # fmt: skip


@pytest.mark.parametrize("name", commands())
def test_no_command_has_more_than_eight_options_under_one_heading_and_each_is_explained(name):
    command = commands()[name]
    options = [each for each in command.params if isinstance(each, click.Option)]
    headings = Counter(each.heading if isinstance(each, HeadedOption) else "" for each in options)
    assert max(headings.values(), default=0) <= 8
    place = "Where runs are made"
    assert headings.keys() - {""} == {
        "harness compare": {"Of a table of runs"}, "harness run": {"Before a run", place}, "harness unseal": {place},
    }.get(name, set())  # fmt: skip
    assert all(each.help or each.show_default for each in options)
    assert command.help
    assert not command.help.partition("\n")[0].rstrip(".").endswith("…")


def test_options_of_tables_stand_under_their_own_heading():
    before, _, after = call("compare", "--help", plugin=False).stdout.partition("\nOf a table of runs:\n")
    assert "\nOptions:\n" in before
    assert [option in after for option in ("--arm", "--paired", "--status", "--baseline", "--report")] == [
        True, True, True, False, False,
    ]  # fmt: skip
    before = before.partition("\nOptions:\n")[2]
    assert [option in before for option in ("--baseline", "--report", "--help", "--seed")] == [True, True, True, False]
    assert "RESULTS" not in before


def test_options_of_what_is_asked_before_a_run_stand_under_their_own_heading():
    before, _, after = call("run", "--help", plugin=False).stdout.partition("\nBefore a run:\n")
    assert [option in after for option in ("--dry-run", "--pilot FOLDER|SD", "--jobs")] == [True, True, False]
    assert [option in before for option in ("--dry-run", "--pilot", "--jobs", "--help")] == [False, False, True, True]


def test_options_of_where_runs_are_made_stand_under_their_own_heading():
    for command in ("run", "unseal"):
        before, _, after = call(command, "--help", plugin=False).stdout.partition("\nWhere runs are made:\n")
        wanted = ("--jobs", "--executor NAME", "--executor-address", "--device")
        assert [(option in before, option in after) for option in wanted] == [(False, True)] * 4


def test_what_reads_has_json():
    for name in ("list", "show", "check", "table", "compare", "run", "train"):
        assert "as_json" in [each.name for each in main.commands[name].params]


def test_the_first_help_page_says_what_there_is():
    text = call("--help", plugin=False).stdout
    codes = "Exit codes: 0 done, 1 failed, 2 usage or a bad file, 3 finished but some runs failed, 4 worse "
    assert (
        codes + "(compare --fail-if-worse), 5 stopped as --stop-after asked, 130 interrupted, 143 terminated."
        in " ".join(text.split())
    )
    for name in main.commands:
        assert f"\n  {name}" in text
    assert call("-h", plugin=False).stdout == text


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["--version"], ["--version", "--help"], ["nope"], []])
def test_help_imports_nothing_large(words):
    script = (
        "import sys\n"
        "from harness.cli.main import main\n"
        f"try: main({words!r})\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'optuna', 'pandas', 'numpy', 'scipy', 'pydantic'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_version():
    assert call("--version", plugin=False).stdout == f"harness, version {harness.__version__}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rnu"], "Error: No such command 'rnu'. Did you mean 'run'?"),
        (["run"], "Error: Missing argument 'STUDY'."),
        (["run", "x.toml", "--job", "1"], "Error: No such option '--job'"),
        (["run", "x.toml", "--jobs", "-1"], "Error: Invalid value for '--jobs': -1 is not in the range x>=0."),
        (["train", "--epochs", "0"], "Error: Invalid value for '--epochs': 0 is not in the range x>=1."),
        (["table"], "Error: Missing argument 'RESULTS'."),
        (
            ["table", "x", "--format", "cvs"],
            "Error: Invalid value for '--format': 'cvs' is not one of 'text', 'csv', 'markdown', 'latex', 'json'.",
        ),
    ],
)
def test_wrong_usage_is_2_and_says_what_is_right(words, message):
    result = call(*words, plugin=False, code=2)
    assert result.stdout == ""
    # The words are click's; the quotes around an option's name differ between its versions.
    assert result.stderr.splitlines()[-1].replace("'", "").startswith(message.replace("'", ""))


# list and show


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "no.toml"], "no.toml: cannot be read: no such file or directory"),
        (["check", "no.toml"], "no.toml: cannot be read: no such file or directory"),
        (["table", "no"], "no: no result folder here (study.json is missing); harness run STUDY makes one"),
        (["table", "no", "arm"], f"unknown table 'arm', did you mean 'arms'? known: {', '.join(sorted(TABLES))}"),
        (["show", "optimiser", "adm"], "unknown optimiser 'adm', did you mean 'adam'? known: {optimiser}"),
        (["list", "--plugin", "no.py"], "cannot load plugin 'no.py': no such file"),
        (["train", "--problem", "tny"], "harness train: problem: unknown problem 'tny'; known: {problem}"),
        (["train", "--save", "no/m.safetensors"], "no/m.safetensors: cannot be written: no folder no"),
        (["train", "--set", "x"], "--set x: write key=value, for example --set search.trials=16"),
        (["run", "tiny.toml"], "tiny.toml:2: problem: unknown problem 'tiny'; known: {problem}"),
    ],
)  # fmt: skip
def test_a_bad_name_or_file_is_2_and_one_clear_message(here, words, message):
    registry = build_registry()
    known = {
        kind: ", ".join(sorted([*registry.names(kind), *(f"{each}:…" for each in registry.families(kind))]))
        for kind in ("optimiser", "problem")
    }
    result = call(*words, plugin=False, code=2)
    assert (result.stdout, result.stderr) == ("", f"error: {message.format(**known)}\n")


# Completion in the shell

SHELLS = {"bash": "complete -o nosort -F _harness_completion", "zsh": "#compdef harness", "fish": "complete --no-files"}


@pytest.mark.parametrize("name", SHELLS)
def test_a_completion_script_for_every_shell(name):
    # ``python -m harness`` is called __main__; the installed command is what is completed.
    script, module = (
        subprocess.run(
            command, capture_output=True, text=True, check=False,
            env={**os.environ, "_HARNESS_COMPLETE": f"{name}_source"},
        )
        for command in ([str(Path(sys.executable).parent / "harness")], [sys.executable, "-m", "harness"])
    )  # fmt: skip
    assert (script.returncode, script.stderr) == (0, "")
    assert SHELLS[name] in script.stdout
    assert module.returncode in (0, 2)


def completed(words: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(words.count(" ")))
    result = CliRunner().invoke(main, [], prog_name="harness", env={"_HARNESS_COMPLETE": "bash_complete"})
    assert (result.exit_code, result.stderr) == (0, "")
    return [line.partition(",")[2] for line in result.stdout.splitlines()]


def test_completion_knows_commands_kinds_components_and_tables(monkeypatch):
    registry = build_registry()
    assert completed("harness ", monkeypatch) == sorted(main.commands)
    assert completed("harness list ", monkeypatch) == list(KINDS)
    assert completed("harness show op", monkeypatch) == ["optimiser"]
    for kind in KINDS:
        assert completed(f"harness show {kind} ", monkeypatch) == registry.names(kind)
    assert completed("harness show optimiser ada", monkeypatch) == [
        name for name in registry.names("optimiser") if name.startswith("ada")
    ]
    found = completed(f"harness show --plugin {TINY} optimiser s", monkeypatch)
    assert found == [name for name in build_registry([TINY]).names("optimiser") if name.startswith("s")]
    assert completed("harness table out ", monkeypatch) == list(TABLES)
    assert completed("harness table out t", monkeypatch) == [name for name in TABLES if name.startswith("t")]
    assert completed("harness table out ti", monkeypatch) == ["time_to_target", "timing", "time_to_target_seconds"]


def test_completion_is_silent_where_plugins_cannot_be_loaded(monkeypatch):
    assert completed("harness show --plugin no.py optimiser s", monkeypatch) in ([], [""])


# As a process


@pytest.mark.slow
def test_the_module_is_the_command(here):
    done = shell("check", "tiny.toml", "--plugin", TINY)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == call("check", "tiny.toml").stdout
    done = shell("rnu")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("Error: No such command 'rnu'. Did you mean 'run'?\n")


def test_a_closed_pipe_is_no_traceback():
    done = subprocess.run(
        f"{sys.executable} -m harness list --help | true", shell=True, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_every_choice_of_a_study_is_a_kind():
    assert set(CHOICES) == set(KINDS) - {"problem"}


NOISY = """
import os, sys
import harness
from torch.optim import SGD

print("a banner, by Python")
os.write(1, b"a banner, by the system\\n")


@harness.hookimpl
def register_optimisers(register):
    register("bannered", Bannered)


class Bannered(SGD):
    def __init__(self, params, lr=0.01):
        print("a banner, when it is made")
        os.write(1, b"another\\n")
        super().__init__(params, lr=lr)
"""


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["0", "2"])
def test_what_a_component_prints_is_no_part_of_the_command_s_stdout(here, jobs):
    Path("noisy.py").write_text(NOISY)
    words = ("run", "tiny.toml", "--out", "out", "--plugin", TINY, "--plugin", "noisy.py", "--jobs", jobs, "--json")
    done = shell(*words, "--set", 'optimiser=["bannered", "adam"]', "--set", 'baseline={optimiser="adam"}')
    assert done.returncode == 0, done.stderr
    assert [row["arm"] for row in json.loads(done.stdout)] == ["bannered", "adam"]
    assert done.stderr.count("a banner, by Python") == 1
    assert done.stderr.count("a banner, when it is made") == 1
    assert "a banner, by the system" in done.stderr
    shown = shell("show", "optimiser", "bannered", "--plugin", "noisy.py", "--json")
    assert json.loads(shown.stdout)["name"] == "bannered"
    assert shell("run", "--help").stdout.startswith("Usage: ")

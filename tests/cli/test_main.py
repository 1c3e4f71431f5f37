"""The command line as a user meets it: its shape, its help, its catalogue, and itself as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import click
import pytest

import harness
from harness.cli.components import show_component
from harness.cli.main import main
from harness.plugin.kinds import CHOICES, KINDS
from harness.plugin.registry import Registry, build_registry

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
def test_no_command_has_more_than_eight_options_and_each_is_explained(name):
    command = commands()[name]
    options = [each for each in command.params if isinstance(each, click.Option)]
    assert len(options) <= 8
    assert all(each.help or each.show_default for each in options)
    assert command.help
    assert not command.help.partition("\n")[0].rstrip(".").endswith("…")


def test_what_reads_has_json():
    for name in ("list", "show", "check", "table", "compare", "run", "train"):
        assert "as_json" in [each.name for each in main.commands[name].params]


def test_the_first_help_page_says_what_there_is():
    text = call("--help", plugin=False).stdout
    codes = "Exit codes: 0 done, 1 failed, 2 usage or a bad file, 3 finished but some runs failed, 4 worse "
    assert codes + "(compare --fail-if-worse), 130 interrupted." in " ".join(text.split())
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


def families(registry: Registry, kind: str) -> list[str]:
    return [f"{name}:*" for name in registry.families(kind)]


def test_list_is_a_table_of_everything():
    lines = call("list").stdout.splitlines()
    assert lines[0].split() == ["kind", "name", "what", "it", "is", "plugin"]
    registry = build_registry([TINY])
    assert [line.split()[:2] for line in lines[1:]] == [
        [kind, name] for kind in KINDS for name in (*registry.names(kind), *families(registry, kind))
    ]
    assert all(line.endswith(("built_in", TINY)) for line in lines[1:])


def test_list_of_one_kind_and_as_json():
    names = [each["name"] for each in json.loads(call("list", "optimiser", "--json").stdout)]
    registry = build_registry([TINY])
    assert names == [*registry.names("optimiser"), *families(registry, "optimiser")]
    assert [line.split()[1] for line in call("list", "optimiser").stdout.splitlines()[1:]] == names
    assert {each["kind"] for each in json.loads(call("list", "--json").stdout)} == set(KINDS)


def test_show():
    assert call("show", "optimiser", "slow").stdout == (
        f"optimiser slow   (plugin {TINY})\n"
        "\n"
        "SGD that takes its time, so that a test can interrupt it.\n"
        "\n"
        "hyperparameter  type   default  searched in\n"
        "lr              float  0.1      [0.001, 0.1] log\n"
        "pause           float  0.01\n"
    )
    assert call("show", "initialiser", "zeros", plugin=False).stdout.endswith("\n\nno hyperparameters\n")


def test_show_json():
    shown = json.loads(call("show", "optimiser", "slow", "--json").stdout)
    source = shown.pop("source")
    assert len(source) == 12
    assert shown == {
        "kind": "optimiser", "name": "slow", "description": "SGD that takes its time, so that a test can interrupt it.",
        "reference": "", "plugin": TINY, "version": "",
        "hyperparameters": {
            "lr": {
                "type": "float", "default": 0.1, "required": False, "allowed": [],
                "space": {"low": 0.001, "high": 0.1, "scale": "log", "integer": False},
            },
            "pause": {"type": "float", "default": 0.01, "required": False, "allowed": [], "space": None},
        },
    }  # fmt: skip


def test_every_component_can_be_shown():
    registry = build_registry()
    for kind in KINDS:
        for name in registry.names(kind):
            shown = show_component(registry.component(kind, name), as_json=False, width=None)
            assert shown.startswith(f"{kind} {name}   (plugin built_in ")


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

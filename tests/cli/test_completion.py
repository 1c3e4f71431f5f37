"""Completion in the shell: commands, kinds, components and tables."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.analysis.tables import TABLES
from harness.cli.main import main
from harness.plugin.kinds import KINDS
from harness.plugin.registry import build_registry

from support.paths import TINY

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

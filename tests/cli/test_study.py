"""What the command line says of a study that it does not run: its faults, ``harness check``, the dry run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result

from harness.analysis.tables import TABLES
from harness.plugin.registry import build_registry

from support.studies import SMALL, call, files


def dry_run(*words: str, code: int = 0) -> Result:
    return call("run", "tiny.toml", "--out", "out", "--jobs", "0", "--dry-run", *words, code=code)


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


def test_all_faults_of_a_study_are_shown(here):
    Path("tiny.toml").write_text(SMALL.replace("epochs     = 1", "epochs = 0").replace("seeds = 2", "seed = 2"))
    result = call("check", "tiny.toml", "--set", "search.trials=0", code=2)
    assert result.stderr.splitlines() == [
        "error: --set search.trials=0: search.trials: must be greater than or equal to 1, got 0",
        "tiny.toml:16: training.epochs: must be greater than 0, got 0",
        "tiny.toml:27: confirm.seed: unknown key 'seed', did you mean 'seeds'? known: limit, seeds, until_decided",
    ]


# check and dry run


def test_check(here):
    result = call("check", "tiny.toml", "--set", "confirm.seeds=3")
    assert result.stderr == ""
    assert result.stdout == (
        "Which is better on tiny?\n"
        "\n"
        "problem: tiny, 300 training and 100 dev examples, 6 features, 40 embedding rows, 3 classes\n"
        "metric:  dev_accuracy, maximised\n"
        "runs:    20 (search 4, select 4, confirm 12)\n"
        "\n"
        "arm               searches\n"
        "sgd   (baseline)  optimiser.sgd.lr [0.001, 5] log\n"
        "adam              optimiser.adam.lr [0.0001, 0.01] log\n"
    )


def test_check_json(here):
    shown = json.loads(call("check", "tiny.toml", "--json").stdout)
    assert shown["runs"] == {"search": 4, "select": 4, "confirm": 8}
    assert list(shown["arms"]) == ["sgd", "adam"]
    assert shown["arms"]["adam"]["space"] == {
        "optimiser.adam.lr": {"low": 0.0001, "high": 0.01, "scale": "log", "integer": False}
    }


def test_a_dry_run_writes_nothing(here):
    before = files(here)
    result = dry_run()
    assert files(here) == before
    assert not (here / "out").exists()
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0] == "Which is better on tiny?"
    assert [line.split()[:2] for line in lines[3:5]] == [["sgd", "8"], ["adam", "8"]]
    assert lines[-2].startswith("16 runs (search 4, select 4, confirm 8): about ")
    assert lines[-1] == "nothing was written"


def test_a_dry_run_as_json(here):
    shown = json.loads(dry_run("--json").stdout)
    assert shown["runs"] == {"search": 4, "select": 4, "confirm": 8}
    assert shown["estimated_seconds"] > 0
    assert shown["estimated_bytes"] > 1e6


def test_a_dry_run_says_which_arm_fails(here):
    result = dry_run("--set", 'optimiser=["adam", {name="raising", after=0}]', "--set", "baseline={}", code=2)
    assert result.stderr == "error: arm 'raising' fails: RuntimeError: raised after 0 steps\n"

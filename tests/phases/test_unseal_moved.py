"""Unsealing a study whose data lie somewhere else now."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli.main import main

STUDY = """
question = "Which?"
metric = "dev_accuracy"
tier = "smoke"
compare = ["optimiser"]
[problem]
name = "table"
path = "data.csv"
label = "label"
[choices]
optimiser = ["adam", "sgd"]
[model]
embedding_dim = 4
hidden_dim = 8
[training]
epochs = 1
[search]
trials = 1
[confirm]
seeds = 2
"""


def harness(*words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--jobs", "0"])


def test_data_that_were_moved_are_named_with_the_option_that_finds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [f"{'abc'[n % 3]},{'xy'[n % 2]},{'uv'[n % 7 < 3]}" for n in range(90)]
    Path("data.csv").write_text("\n".join(["one,two,label", *rows]) + "\n")
    Path("study.toml").write_text(STUDY)
    done = harness("run", "study.toml", "--out", "out")
    assert done.exit_code == 0, done.output
    Path("data.csv").rename("elsewhere.csv")
    lost = harness("unseal", "out")
    assert lost.exit_code == 2
    assert lost.stderr.endswith(
        "problem: data.csv:1: no such file, needs a table in CSV, plain, .gz or .xz, or Parquet; if that was moved: "
        "harness unseal out --set problem.table.path=…\n"
    )
    found = harness("unseal", "out", "--set", "problem.table.path=elsewhere.csv")
    assert found.exit_code == 0, found.output

"""From a file of one's own to a report."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.main import main

STUDY = """\
question = "Which is better on a table?"
problem  = { name = "table", path = "PATH", label = "class" }
metric   = "dev_macro_f1"
compare  = ["optimiser"]

[choices]
optimiser = [{ name = "adam", search = ["lr"] }, { name = "sgd", search = ["lr"] }]

[model]
embedding_dim = 4
hidden_dim    = 8

[training]
epochs     = 8
batch_size = 16

[search]
trials = 2

[select]
trials = 1
seeds  = 1

[confirm]
seeds = 2
"""


@pytest.fixture
def study(tmp_path):
    draw = random.Random(0)
    rows = [(draw.choice("abc"), draw.choice(["1", "2", ""]), draw.choice("xyz")) for _ in range(240)]
    lines = [f"{one},{two},{noise},{one + two if two else 'none'}" for one, two, noise in rows]
    (tmp_path / "own.csv").write_text("\n".join(["one,two,noise,class", *lines]))
    path = tmp_path / "study.toml"
    path.write_text(STUDY.replace("PATH", str(tmp_path / "own.csv")))
    return path


def harness(*arguments: str | Path) -> str:
    done = CliRunner().invoke(main, [str(each) for each in arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_table_becomes_tables_a_report_and_a_test_score(study, tmp_path):
    out = tmp_path / "out"
    shown = harness("run", study, "--out", out, "--jobs", "0")
    conventions = "macro F1: mean over the classes that a split has; splits: stratified 80/10/10, seed 0"
    assert conventions in " ".join(shown.split())
    assert conventions in (out / "report.html").read_text()
    arms = json.loads(harness("table", out, "arms", "--format", "json"))
    assert [(row["arm"], row["metric"], row["ok"]) for row in arms] == [
        ("adam", "dev_macro_f1", 2),
        ("sgd", "dev_macro_f1", 2),
    ]
    # Two columns decide the class without fail: what always says "none" has 100/7/2 at most.
    assert max(row["mean"] for row in arms) > 50
    harness("unseal", out, "--jobs", "0")
    assert "test_macro_f1" in (out / "records.jsonl").read_text()


def test_what_is_wrong_with_the_table_is_said_at_the_line_of_the_study(study, tmp_path):
    study.write_text(study.read_text().replace('label = "class"', 'label = "clas"'))
    done = CliRunner().invoke(main, ["check", str(study)])
    own = tmp_path / "own.csv"
    assert done.exit_code == 2
    assert done.stderr == (
        f"error: {study}:2: problem: {own}:1: no column 'clas' for label, did you mean 'class'?"
        " 4 columns: one, two, noise, class\n"
    )

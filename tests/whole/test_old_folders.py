"""Result folders that earlier versions wrote: they open, say what they said, and go on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from harness.analysis.tables import TABLES, TIMED
from harness.cli.main import main
from harness.records.folder import ResultFolder
from harness.records.results import Results
from harness.study.format import FORMAT

from support.paths import ROOT

PUBLISHED = sorted(path.parent for path in (ROOT / "results" / "published").glob("*/study.json"))
FORMAT_2 = ROOT / "tests" / "data" / "format_2"
"""42 runs on the same table, with a round of widening, a namespace of seeds, and decisions: the first of its format."""
SMALL = ROOT / "tests" / "data" / "written_before_the_rooms"
"""Nine runs on a table of digits, from the version whose core was one flat folder, and the study that made them."""


MEASURED = {
    "arms": ["arm", "metric", "ok", "n", "mean", "mean_low", "mean_high", "sd", "median", "difference",
             "difference_low", "difference_high", "p_better", "defaults_mean", "trial", "trials", "fingerprint"],
    "comparisons": ["kind", "a", "b", "metric", "n", "failed", "paired", "difference", "difference_low",
                    "difference_high", "sd_difference", "sd_unpaired", "r", "p_better"],
    "interactions": ["first", "second", "first_level", "second_level", "n", "failed", "interaction",
                     "interaction_low", "interaction_high"],
    "test": ["arm", "metric", "ok", "n", "mean", "mean_low", "mean_high", "sd", "difference", "dev_mean", "openings"],
}  # fmt: skip
"""The columns that say what was measured, and not what a test makes of it: the tests are those of today."""


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small folder where ``harness run small_digits.toml`` looks for it."""
    return copied(SMALL, tmp_path, monkeypatch)


def copied(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    shutil.copy(folder / "small_digits.toml", tmp_path)
    return Path(shutil.copytree(folder / "results", tmp_path / "results" / "small_digits"))


def test_all_published_folders_are_there():
    assert len(PUBLISHED) == 10


@pytest.mark.parametrize(
    "folder",
    [*PUBLISHED, SMALL / "results", FORMAT_2 / "results"],
    ids=lambda folder: f"{folder.parent.name}-{folder.name}",
)
def test_a_folder_opens_and_its_tables_say_what_they_said(folder, tmp_path):
    results = Results.of(ResultFolder(folder))
    for name, table in TABLES.items():
        fresh = tmp_path / f"{name}.csv"
        table(results).to_csv(fresh, index=False, lineterminator="\n")
        if name == "pareto" and not (folder / "tables" / "pareto.csv").exists():  # older than the table
            assert len(table(results)) == 0
            continue
        is_older = folder == SMALL / "results"  # its tables are those of its own version's tests and rules
        if is_older and name == "warnings":
            continue
        # Read again from the text, because another processor may differ in the last digit of a correlation.
        now, then = (pd.read_csv(path) for path in (fresh, folder / "tables" / f"{name}.csv"))
        if name == "time_to_target_seconds":  # a column that came later, for seconds that these folders do not have
            assert set(now.pop("clock")) == {"wall"}
        if name == "warnings":  # their sentences may change, and which folders lie beside is no fact of this one
            now, then = (
                frame.loc[frame.id != "SHARED-SEEDS", ["id", "arm"]].reset_index(drop=True) for frame in (now, then)
            )
        if is_older and name in MEASURED:
            columns = [each for each in MEASURED[name] if results.seeds >= 4 or not each.endswith(("_low", "_high"))]
            now, then = now[columns], then[columns]
        pd.testing.assert_frame_equal(now, then, rtol=1e-9, atol=1e-12)


def test_a_finished_study_has_nothing_left_to_do(small):
    """Its data are recognised once, by a run that is made again; after that no byte changes."""
    before = {path.name: path.read_bytes() for path in small.glob("*.jsonl")}
    for _ in range(2):
        done = CliRunner().invoke(main, ["run", "small_digits.toml", "--jobs", "0"])
        assert done.exit_code == 0, done.output
        assert "finished before, nothing to do" in done.stderr
        assert {name: (small / name).read_bytes() for name in before} == before
        for name in TABLES.keys() - {*TIMED, *MEASURED, "warnings"}:
            assert (small / "tables" / f"{name}.csv").read_bytes() == (
                SMALL / "results" / "tables" / f"{name}.csv"
            ).read_bytes()
        before["study.json"] = (small / "study.json").read_bytes()
    then = json.loads((SMALL / "results" / "study.json").read_text())
    now = json.loads(before["study.json"])
    assert now["accepted"][0]["digest"] == then["problem"]["digest"] != now["problem"]["digest"]
    (remade,) = now["accepted"][0]["remade"]
    assert remade["recorded"] == remade["again"]


def test_a_study_goes_on_with_more_seeds_and_keeps_the_runs_and_the_draws_it_has(small):
    before = (small / "records.jsonl").read_text()
    done = CliRunner().invoke(main, ["run", "small_digits.toml", "--jobs", "0", "--set", "confirm.seeds=3"])
    assert done.exit_code == 0, done.output
    after = (small / "records.jsonl").read_text()
    assert after.startswith(before)
    added = [json.loads(line) for line in after.removeprefix(before).splitlines()]
    assert {(record["phase"], record["seed_index"]) for record in added} == {("confirm", 102)}
    study = json.loads((small / "study.json").read_text())
    assert study["confirmation_seed"] == study["seed"]


def test_a_folder_of_format_2_goes_on_without_making_anything_again(tmp_path, monkeypatch):
    out = copied(FORMAT_2, tmp_path, monkeypatch)
    before = {path.name: path.read_bytes() for path in out.glob("*.json*")}
    done = CliRunner().invoke(main, ["run", "small_digits.toml", "--jobs", "0"])
    assert done.exit_code == 0, done.output
    assert "finished before, nothing to do" in done.stderr
    assert {name: (out / name).read_bytes() for name in before} == before
    done = CliRunner().invoke(main, ["run", "small_digits.toml", "--jobs", "0", "--set", "confirm.seeds=3"])
    assert done.exit_code == 0, done.output
    after = (out / "records.jsonl").read_bytes()
    assert after.startswith(before["records.jsonl"])
    added = [json.loads(line) for line in after.removeprefix(before["records.jsonl"]).splitlines()]
    assert {(record["phase"], record["seed_index"], record["format"]) for record in added} == {("confirm", 102, FORMAT)}
    now, then = json.loads((out / "study.json").read_text()), json.loads(before["study.json"])
    same = ("format", "confirmation_seed", "seed_namespace", "problem")
    assert {name: now[name] for name in same} == {name: then[name] for name in same}

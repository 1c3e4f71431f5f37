"""``harness.compare`` and ``harness compare`` of anybody's runs: arguments, formats, the page, exit codes."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

import harness
from harness.cli.main import main
from harness.errors import HarnessError, ResultError

from support.exports import mlflow_search_runs, runs, wandb_page

OPTIONS = ["--arm", "optimizer", "--seed", "seed", "--metric", "val_acc"]
NAMED = {"arm": "optimizer", "seed": "seed", "metric": "val_acc"}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with MLflow's export of runs, in which the test is."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs.csv").write_text(mlflow_search_runs())
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["compare", *arguments])


def test_the_command_and_the_function_say_the_same(here):
    comparison = harness.compare("runs.csv", **NAMED, baseline="sgd", smallest_difference=0.01)
    done = call("runs.csv", *OPTIONS, "--baseline", "sgd", "--smallest-difference", "0.01")
    assert done.exit_code == 0, done.output
    assert done.stdout == comparison.text()
    assert "adam − sgd" in done.stdout
    assert "adam" in comparison.answer
    assert comparison.metric == "val_acc"
    assert comparison.table["delta"].tolist() == [0.01]


def test_every_format(here):
    shown = {form: call("runs.csv", *OPTIONS, "--format", form).stdout for form in ("csv", "markdown", "latex", "json")}
    assert shown["csv"].startswith("kind,a,b,metric,n,")
    assert json.loads(shown["json"])["comparisons"][0]["b"] == "adam"
    assert json.loads(call("runs.csv", *OPTIONS, "--json").stdout)["direction"] == "maximise"
    assert "| adam |" in shown["markdown"]
    assert r"\begin{tabular}" in shown["latex"]


def test_options_reach_the_table(here):
    (here / "wandb.csv.txt").write_text(wandb_page())
    done = call(
        "wandb.csv.txt", "--arm", "optimizer", "--arm", "lr", "--seed", "seed", "--metric", "val/acc", "--direction",
        "minimise", "--paired", "--where", "seed!=0", "--where", "lr=1e-3", "--status", "none", "--pairs", "all",
        "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    [row] = said["comparisons"]
    assert said["direction"] == "minimise"
    assert (row["a"], row["b"], row["n"], row["paired"], row["failed"]) == (
        "optimizer=sgd, lr=0.001", "optimizer=adam, lr=0.001", 6, True, 0,
    )  # fmt: skip


def test_fail_if_worse_turns_the_verdict_into_the_exit_code(here):
    frame = pd.DataFrame([(arm, seed, score if score is not None else 0.85) for arm, seed, score in runs()])
    frame.columns = ["optimizer", "seed", "val_acc"]
    frame.to_csv("runs.csv")
    worse = call("runs.csv", *OPTIONS, "--baseline", "adam", "--smallest-difference", "0.001", "--fail-if-worse")
    assert worse.exit_code == 4
    assert worse.stderr == "worse: sgd than adam\n"
    better = call("runs.csv", *OPTIONS, "--baseline", "sgd", "--smallest-difference", "0.001", "--fail-if-worse")
    assert better.exit_code == 0


def test_an_arm_that_fails_more_often_is_not_called_better(here):
    """Of seven runs of adam, which reach more, one failed, and of sgd none."""
    for baseline, said in (("sgd", "adam against sgd"), ("adam", "sgd against adam")):
        comparison = harness.compare("runs.csv", **NAMED, baseline=baseline, smallest_difference=0.01)
        [row] = comparison.table.to_dict("records")
        assert row["p_adjusted"] < 0.01
        assert (row["n"], row["failed"], row["verdict"]) == (6, 1, "undecided, adam fails more often")
        assert comparison.answer.startswith(f"{said} is undecided (measured ")
        assert comparison.answer.endswith(
            "6 seeds), since adam fails more often; 1 of 7 runs of adam failed (a rate of 0% to 58%)."
        )
        assert comparison.worse == []


def test_a_frame_is_compared_as_its_file(here):
    frame = pd.read_csv("runs.csv")
    assert harness.compare(frame, **NAMED).text() == harness.compare("runs.csv", **NAMED).text()
    some = harness.compare(frame, **NAMED, where={"seed": 1, "status": "FINISHED"})
    assert some.table["n"].tolist() == [1]
    assert harness.compare(frame, **NAMED | {"arm": ("optimizer", "lr")}).baseline == "optimizer=adam, lr=0.001"
    assert harness.compare(frame, **NAMED, smallest_difference=np.float32(0.5)).table["delta"].tolist() == [0.5]


def test_the_page_of_runs(here):
    done = call("runs.csv", *OPTIONS, "--report", "page/of_runs.html")
    assert done.exit_code == 0, done.output
    page = (here / "page" / "of_runs.html").read_text()
    assert "<h1>adam and sgd: which has the better val_acc?</h1>" in page
    assert harness.compare("runs.csv", **NAMED).answer in page
    assert "Every run, val_acc" in page
    assert '<td class="number alarm">6/7</td>' in page
    assert "not paired: by Welch" in page
    assert "a higher val_acc is better, as its name says" in page
    assert not re.search(r"https?://(?!www\.w3\.org)", page)
    assert harness.compare("runs.csv", **NAMED).report("again.html").read_text() == page


def test_the_page_of_pairs_joins_them_and_folders_have_it_too(here, undisturbed):
    harness.compare("runs.csv", **NAMED, paired=True).report("pairs.html")
    page = (here / "pairs.html").read_text()
    assert "paired seed by seed" in page
    assert "A line joins the two runs" in page
    assert "Every run, val_acc" not in page
    of_folder = harness.compare(undisturbed)
    assert of_folder.answer in of_folder.report("folder.html").read_text()


def test_the_page_of_arms_with_other_budgets_ranks_nothing_and_says_which(here):
    frame = pd.DataFrame(
        [(arm, seed, step, step + seed) for arm, most in (("a", 3), ("b", 5)) for seed in range(6)
         for step in range(most)],
        columns=["arm", "seed", "step", "acc"],
    )  # fmt: skip
    comparison = harness.compare(frame, arm="arm", seed="seed", metric="acc", step="step")
    page = comparison.report("page.html").read_text()
    assert "Budgets differ: step: 2 (a), 4 (b)." in page
    assert "this is no ranking" in page
    assert "beats" not in page
    assert comparison.text().startswith("budgets differ, so this is no ranking:\n  step: 2 (a), 4 (b)\n")


def test_names_that_would_be_html_stay_text(here):
    frame = pd.DataFrame({"arm": ["<b>x</b>", "y|z"] * 3, "seed": [0, 0, 1, 1, 2, 2], "acc": [1, 2, 3, 4, 5, 7]})
    comparison = harness.compare(frame, arm="arm", seed="seed", metric="acc")
    assert "<b>x" not in comparison.report("page.html").read_text()
    assert "<b>x" not in comparison._repr_html_()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"arm": None}, 'arm: names the column whose values are compared, as in --arm optimizer or arm="optimizer"'),
        ({"arm": []}, "arm: names the column whose values are compared"),
        ({"arm": [1]}, "arm: names the column whose values are compared"),
        ({"metric": None}, 'metric: names the column of scores, as in --metric val_acc or metric="val_acc"'),
        ({"metric": 3}, "metric: a text, got int 3"),
        ({"seed": 3}, "seed: a text, got int 3"),
        ({"where": [3]}, "where: a text, got int 3"),
        ({"direction": "up"}, "unknown direction 'up'; known: maximise, minimise"),
        ({"smallest_difference": -1}, "smallest_difference: a number of at least 0, got int -1"),
        ({"smallest_difference": "1"}, "smallest_difference: a number of at least 0, got str '1'"),
        ({"smallest_difference": float("nan")}, "smallest_difference: a number of at least 0, got float nan"),
        ({"pairs": "same"}, "--pairs same compares arms of several result folders"),
    ],
)
def test_arguments_are_checked(here, given, message):
    with pytest.raises(HarnessError) as raised:
        harness.compare("runs.csv", **{**NAMED, **given})
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize(
    ("option", "value"),
    [("arm", "x"), ("seed", "x"), ("direction", "maximise"), ("step", "x"), ("status", "x"), ("where", ["a=b"]),
     ("paired", True)],
)  # fmt: skip
def test_what_is_said_of_a_table_is_not_said_of_a_folder(undisturbed, option, value):
    with pytest.raises(ResultError, match=rf"{option}: says which columns of a table of runs to compare"):
        harness.compare(undisturbed, **{option: value})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("runs.xlsx", "runs.xlsx: neither a result folder nor a table: those end in .csv, .tsv, .txt, .parquet, .pq, "
                      ".csv.gz, .csv.xz"),
        ("nothing", "nothing: no result folder here"),
        ("nothing.csv", "nothing.csv:1: no such file"),
    ],
)  # fmt: skip
def test_what_is_neither_a_folder_nor_a_table_is_said_before_its_columns(here, name, message):
    (here / "runs.xlsx").write_bytes(b"PK")
    for given in (NAMED, {}):
        with pytest.raises(HarnessError) as raised:
            harness.compare(name, **given)
        assert str(raised.value).startswith(message)


def test_a_frame_of_another_library_is_told_how_to_become_one(here):
    class DataFrame:
        def to_pandas(self):
            raise AssertionError

    with pytest.raises(ResultError, match=r"a DataFrame of tests: give its .to_pandas\(\)"):
        harness.compare(DataFrame(), **NAMED)


def test_what_is_given_twice_counts_once(here):
    once = harness.compare("runs.csv", **NAMED)
    assert harness.compare("runs.csv", here / ".." / here.name / "runs.csv", **NAMED).text() == once.text()
    frame = pd.read_csv("runs.csv")
    assert harness.compare(frame, frame, **NAMED).text() == once.text()
    assert harness.compare("runs.csv", **NAMED | {"arm": ["optimizer", "optimizer"]}).text() == once.text()


def test_a_baseline_of_which_nothing_finished_leaves_nothing_to_compare_with(here):
    frame = pd.DataFrame({"arm": ["a", "b"] * 6, "seed": [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5], "acc": [None, 1.0] * 6})
    comparison = harness.compare(frame, arm="arm", seed="seed", metric="acc", baseline="a")
    assert "every run of the baseline, a, failed" in comparison.answer
    assert "every run failed" in comparison.report("page.html").read_text()


def test_a_folder_and_a_table_have_no_common_ground(here, undisturbed):
    with pytest.raises(ResultError, match="a table of runs and a result folder cannot be compared"):
        harness.compare("runs.csv", undisturbed, **NAMED)


def test_folders_take_a_smallest_difference(undisturbed):
    assert harness.compare(undisturbed, smallest_difference=7).table["delta"].tolist() == [7.0]


def test_the_command_report_says_how_a_table_gets_its_page(here):
    done = CliRunner().invoke(main, ["report", "runs.csv"])
    assert done.exit_code == 2
    assert "harness compare runs.csv --report FILE writes its page" in done.stderr


def test_errors_of_a_table_are_one_line_on_the_command_line(here):
    done = call("runs.csv", "--arm", "optimiser", "--metric", "val_acc")
    assert done.exit_code == 2
    assert done.stderr.startswith(
        "error: runs.csv:1: no column 'optimiser' for --arm, did you mean 'params.optimizer'?"
    )
    assert call("none.csv", *OPTIONS).stderr == "error: none.csv:1: no such file, did you mean 'runs.csv'?\n"

"""Records and tables: numbers against direct computation, failures counted, bytes that owe nothing to the order."""

from __future__ import annotations

import csv
import io
import json
import statistics
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.analysis.advice.advise import advise
from harness.analysis.findings import findings
from harness.analysis.tables import TABLES, Tables, write_tables
from harness.cli.results import table
from harness.metric import Metric
from harness.records.results import Results
from harness.report.formats import render, to_plain
from harness.report.terminal import answer

from support.by_hand import CALL, CONFIRMED, LR, folder_of, record, results, whole
from support.made_up import made_arm

[FORMATS] = [each.type.choices for each in table.params if each.name == "form"]
UAS = Metric("dev_uas", "maximise")


def shown_above_the_warnings(found: Results) -> str:
    """What the terminal shows of the arms, up to the warnings, which have tests of their own."""
    text = answer(findings(found), 100)
    first = next((each.id for each in advise(found)), None)
    return text[: text.index(f"\n{first}")] if first else text


def row(found: Results, arm: str) -> dict[str, Any]:
    return next(each for each in to_plain(TABLES["arms"](found)) if each["arm"] == arm)


# The arms table


def test_arms_of_a_finished_study():
    found = results(*whole())
    for arm in ("adam", "sgd"):
        shown = row(found, arm)
        assert (shown["ok"], shown["n"], shown["trial"], shown["trials"], shown["steps"]) == (3, 3, 1, 4, 10)
        assert shown["mean"] == pytest.approx(statistics.fmean(CONFIRMED[arm]))
        assert shown["sd"] == pytest.approx(statistics.stdev(CONFIRMED[arm]))
        assert (shown["mean_low"], shown["mean_high"]) == (None, None), "three values are shown themselves"
        assert shown["fingerprint"] == record("search", arm, 1, 0, 1.0).fingerprint
        assert (shown["metric"], shown["optimiser"], shown[f"optimiser.{arm}.lr"]) == ("dev_uas", arm, 0.002)
    assert (row(found, "adam")["difference"], row(found, "adam")["difference_low"]) == (None, None)
    sgd = row(found, "sgd")
    assert sgd["difference"] == pytest.approx(-1.0)
    assert (sgd["difference_low"], sgd["simultaneous_high"]) == (None, None)
    assert (sgd["optimiser.sgd.nesterov"], sgd["optimiser.adam.lr"]) == (True, None)


def test_the_columns_of_every_table_and_their_order():
    found = {name: list(make(results(*whole())).columns) for name, make in TABLES.items()}
    searched = ["optimiser", "optimiser.adam.lr", "optimiser.sgd.lr", "optimiser.sgd.nesterov"]
    who = ["phase", "arm", "trial", "seed_index"]
    target = ["arm", "target", "metric", "n", "reached", "censored"]
    assert found == {
        "arms": ["arm", "metric", "ok", "n", "failure_rate_low", "failure_rate_high", "mean", "mean_low", "mean_high",
                 "sd", "min", "median", "iqm", "difference", "difference_low", "difference_high", "simultaneous_low",
                 "simultaneous_high", "difference_n", "p_adjusted", "p_better", "p_better_low", "p_better_high",
                 "verdict", "optimism", "train_dev_gap", "defaults_mean", "defaults_ok", "defaults_n",
                 *searched, "dimensions", "trial", "trials", "steps", "passes_per_step", "fingerprint"],
        "comparisons": ["kind", "a", "b", "metric", "n", "failed", "paired", "difference", "difference_low",
                        "difference_high", "simultaneous_low", "simultaneous_high", "sd_difference", "sd_unpaired",
                        "r", "p", "p_adjusted", "p_equivalent", "p_better", "p_better_low", "p_better_high", "delta",
                        "verdict", "detectable", "unpaired_units"],
        "trials": ["arm", "trial", "metric", "score", "tuning_mean", "tuning_ok", "tuning_n", "chosen", *searched,
                   "reason", "fingerprint"],
        "tuning_curve": ["arm", "trials", "n", "expected_best", "failed"],
        "sensitivity": ["arm", "hyperparameter", "low", "high", "scale", "default", "best", "position",
                        "top3_position", "importance", "n"],
        "pareto": ["arm", "trial", "dev_uas", "front_of_arm", "front"],
        "interactions": ["first", "second", "first_level", "first_baseline", "second_level", "second_baseline", "n",
                         "failed", "interaction", "interaction_low", "interaction_high", "simultaneous_low",
                         "simultaneous_high", "p", "p_adjusted"],
        "time_to_target": [*target, "steps_median", "steps_low", "steps_high"],
        "time_to_target_seconds": [*target, "seconds_median", "seconds_low", "seconds_high", "clock"],
        "warnings": ["id", "arm", "evidence", "advice", "change"],
        "test": ["arm", "metric", "ok", "n", "mean", "mean_low", "mean_high", "sd", "difference", "difference_low",
                 "difference_high", "simultaneous_low", "simultaneous_high", "p_adjusted", "verdict", "dev_mean",
                 "openings", "fingerprint"],
        "runs": [*who, "dev_loss", "dev_uas", "steps", "passes", "reason", "fingerprint"],
        "curves": [*who, "step", "dev_loss", "dev_uas"],
        "timing": [*who, "starting_seconds", "training_seconds", "evaluation_seconds",
                   "starting_processor_seconds", "training_processor_seconds", "evaluation_processor_seconds",
                   "path", "environment", "importing_seconds", "preparing_seconds", "asking_seconds",
                   "writing_seconds", "waiting_seconds", "wall_seconds", "jobs"],
    }  # fmt: skip


@pytest.mark.parametrize("direction", ["maximise", "minimise"])
def test_a_failed_run_is_counted_and_its_seed_left_out(direction):
    records = [record("confirm", "adam", 1, 101, None) if each.key == ("confirm", "adam", 0, 0, 1, 101) else each
               for each in whole()]  # fmt: skip
    found = results(*records, direction=direction, select={"trials": 1, "seeds": 1})
    if direction == "minimise":  # trial 2 has the least score: put the confirmation there
        records = [replace(each, trial=2) if each.phase == "confirm" and each.trial else each for each in records]
        found = results(*records, direction=direction, select={"trials": 1, "seeds": 1})
    adam, sgd = row(found, "adam"), row(found, "sgd")
    assert (adam["ok"], adam["n"], sgd["ok"], sgd["n"]) == (2, 3, 3, 3)
    assert adam["mean"] == pytest.approx((80 + 81) / 2)
    assert sgd["difference"] == pytest.approx((-1 - 2.5) / 2)
    assert sgd["mean"] == pytest.approx(statistics.fmean(CONFIRMED["sgd"]))
    assert "2 ok of 3" in answer(findings(found))


def test_an_arm_whose_whole_search_failed_is_shown_as_failed():
    kept = [each for each in whole() if each.arm == "adam"]
    found = results(*kept, *(record("search", "sgd", trial, 0, None) for trial in range(4)))
    shown = row(found, "sgd")
    assert {name for name, value in shown.items() if value is not None} == {
        "arm", "metric", "ok", "n", "defaults_ok", "defaults_n", "dimensions", "trials"
    }  # fmt: skip
    assert (shown["ok"], shown["n"], shown["trials"]) == (0, 0, 4)
    assert shown_above_the_warnings(found).partition("\n\n")[2] == (
        "arm                 dev_uas ± 95%  n  difference [95%]  P(better)  verdict\n"
        "adam  81.17 (80.00, 82.50, 81.00)  3          baseline          –  –\n"
        "sgd                        failed  0                 –          –  –\n"
        "\n"
        "arm   chosen     trial  optimism  its defaults  n\n"
        "adam  lr=0.002  1 of 4     −9.67         80.17  3\n"
        "sgd   –              –         –             –  0\n"
        "\n"
        "n: seeds. difference: to adam, at the same seeds. What matters: 0.629 UAS, by the default rule.\n"
        "optimism: by how much the search's score flattered the chosen trial.\n"
        "In parentheses, of fewer than 4, the values themselves.\n"
        "no punctuation\n"
    )
    assert all(
        each["reason"] and each["score"] is None for each in to_plain(TABLES["trials"](found)) if each["arm"] == "sgd"
    )


def test_a_failed_baseline_leaves_no_difference():
    kept = [each for each in whole() if each.arm == "sgd"]
    found = results(*kept, *(record("search", "adam", trial, 0, None) for trial in range(4)))
    assert (row(found, "sgd")["difference"], row(found, "sgd")["mean"]) == (None, pytest.approx(241 / 3 - 1 / 6))
    assert [each["arm"] for each in to_plain(TABLES["arms"](found))] == ["adam", "sgd"]


def test_confirmation_that_all_failed_has_no_mean():
    kept = [each for each in whole() if each.phase != "confirm"]
    found = results(*kept, *(record("confirm", arm, 1, 100, None) for arm in ("adam", "sgd")))
    assert [(each["ok"], each["n"], each["mean"]) for each in to_plain(TABLES["arms"](found))] == [(0, 1, None)] * 2


def test_one_seed_has_a_mean_and_no_interval():
    found = results(*(each for each in whole() if each.phase != "confirm" or each.seed_index == 100))
    assert [row(found, "sgd")[name] for name in ("n", "mean", "mean_low", "sd", "difference", "difference_high")] == [
        1, 79.0, None, None, -1.0, None,
    ]  # fmt: skip
    assert shown_above_the_warnings(found) == (
        "Which?\n"
        "At these settings: sgd against adam is exploratory only, too few seeds for a verdict (measured −1.00\n"
        "UAS, 1 seed).\n"
        "\n"
        "arm   dev_uas ± 95%  n  difference [95%]  P(better)  verdict\n"
        "adam          80.00  1          baseline          –  –\n"
        "sgd           79.00  1             −1.00       0.00  exploratory\n"
        "\n"
        "arm   chosen                   trial  optimism  its defaults  n\n"
        "adam  lr=0.002                1 of 4     −8.50         80.50  1\n"
        "sgd   lr=0.002 nesterov=True  1 of 4     −7.50         70.00  1\n"
        "\n"
        "n: seeds. difference: to adam, at the same seeds. What matters: 0.100 UAS, by the default rule.\n"
        "optimism: by how much the search's score flattered the chosen trial.\n"
        "no punctuation\n"
    )


def test_differences_take_the_seeds_that_both_have():
    missing = {("confirm", "sgd", 0, 0, 1, 100), ("confirm", "adam", 0, 0, 1, 102)}
    found = results(*(each for each in whole() if each.key not in missing))
    assert (row(found, "adam")["n"], row(found, "sgd")["n"], row(found, "sgd")["difference"]) == (2, 2, 0.5)


def test_a_study_that_has_just_begun_has_tables_too():
    found = results()
    assert [(each["arm"], each["n"], each["trials"]) for each in to_plain(TABLES["arms"](found))] == [
        ("adam", 0, 0), ("sgd", 0, 0),
    ]  # fmt: skip
    for name in TABLES:
        if name in ("arms", "comparisons", "sensitivity", "time_to_target", "time_to_target_seconds"):
            continue  # these have their rows before there is a number
        frame = TABLES[name](found)
        assert (len(frame), render(frame, "text"), render(frame, "json")) == (0, "no rows yet\n", "[]\n")
        assert all(render(frame, form).endswith("\n") for form in FORMATS)


def test_trials_say_which_was_chosen_and_why():
    shown = [each for each in to_plain(TABLES["trials"](results(*whole()))) if each["arm"] == "sgd"]
    assert [each["score"] for each in shown] == [70.0, 71.5, 60.0, None]
    assert [each["tuning_mean"] for each in shown] == [70.0, 71.0, 60.0, None]
    assert [(each["tuning_ok"], each["tuning_n"]) for each in shown] == [(2, 2), (2, 2), (1, 1), (0, 1)]
    assert [each["chosen"] for each in shown] == [False, True, False, False]
    assert [each["reason"] for each in shown] == ["", "", "", "the loss became nan at step 7 of 10"]


def test_runs_and_curves_show_a_failed_run_up_to_where_it_got():
    found = results(record("search", "adam", 0, 0, None), record("search", "adam", 1, 0, 70.0))
    assert [(each["dev_loss"], each["dev_uas"], each["steps"]) for each in to_plain(TABLES["runs"](found))] == [
        (None, None, 6), (0.5, 70.0, 10),
    ]  # fmt: skip
    assert [(each["step"], each["dev_loss"], each["dev_uas"]) for each in to_plain(TABLES["curves"](found))] == [
        (5, 1.0, None), (5, 1.0, None), (10, 0.5, 70.0),
    ]  # fmt: skip


def test_a_missing_whole_number_turns_no_other_into_a_fraction():
    arms = {name: made_arm({"optimiser": name}, space={f"optimiser.{name}.k": LR}) for name in ("adam", "sgd")}
    one = record("search", "adam", 0, 0, 1.0)
    configuration = json.loads(json.dumps(one.configuration).replace('"lr": 0.001', '"k": 7'))
    found = results(replace(one, configuration=configuration), record("search", "sgd", 0, 0, 1.0), arms=arms)
    text = TABLES["trials"](found).to_csv(index=False)
    assert [line["optimiser.adam.k"] for line in csv.DictReader(io.StringIO(text))] == ["7", ""]


def test_timing_of_a_run_that_was_lost_is_missing():
    lost = record("search", "adam", 0, 0, None, seconds={}, processor_seconds={})
    rows = to_plain(TABLES["timing"](results(lost, record("search", "adam", 1, 0, 1.0))))
    assert [(each["training_seconds"], each["training_processor_seconds"]) for each in rows] == [
        (None, None),
        (1.5, 1.25),
    ]


def test_timing_of_a_folder_whose_runs_have_wall_time_alone_is_the_table_that_it_was():
    older = [replace(each, processor_seconds={}) for each in whole()]
    table = TABLES["timing"](results(*older))
    assert not [name for name in table if "processor" in name]
    half = TABLES["timing"](results(*older[:3], *whole()[3:]))
    assert half.training_processor_seconds.isna().sum() == 3
    assert list(half) == list(TABLES["timing"](results(*whole())))


def test_timing_ends_with_one_row_a_call_and_no_integer_becomes_a_fraction():
    found = replace(results(*whole()), calls=[CALL, replace(CALL, jobs=3)])
    *of_runs, first, second = csv.DictReader(io.StringIO(render(TABLES["timing"](found), "csv")))
    assert len(of_runs) == len(whole())
    assert {each["phase"] for each in of_runs} == {"search", "select", "confirm"}
    assert [(each["trial"], each["seed_index"]) for each in of_runs[-2:]] == [("1", "101"), ("1", "102")]
    assert {(each["jobs"], each["wall_seconds"], each["path"]) for each in of_runs} == {("", "", "shared")}
    assert first == {
        "phase": "driver", "arm": "", "trial": "", "seed_index": "", "starting_seconds": "", "training_seconds": "",
        "evaluation_seconds": "", "starting_processor_seconds": "", "training_processor_seconds": "",
        "evaluation_processor_seconds": "", "path": "", "environment": "cafe0123", "importing_seconds": "1.5",
        "preparing_seconds": "0.5", "asking_seconds": "0.25",
        "writing_seconds": "0.125", "waiting_seconds": "9.0", "wall_seconds": "10.0",
        "jobs": "2",
    }  # fmt: skip
    assert second == {**first, "jobs": "3"}
    for form in FORMATS:
        assert "driver" in render(TABLES["timing"](found), form)


def test_calls_change_no_other_table():
    one, other = results(*whole()), replace(results(*whole()), calls=[CALL])
    differing = [name for name, make in TABLES.items() if render(make(one), "csv") != render(make(other), "csv")]
    assert differing == ["timing"]


# The order of records


@settings(max_examples=8)
@given(order=st.permutations(whole()))
def test_the_order_of_records_changes_no_byte(order):
    expected, found = results(*whole()), results(*order)
    for name, make in TABLES.items():
        assert render(make(found), "csv") == render(make(expected), "csv"), name
    assert answer(findings(found)) == answer(findings(expected))


def test_records_of_arms_that_the_study_no_longer_has_are_not_shown():
    found = results(*whole(), record("search", "nadam", 0, 0, 99.0))
    assert "nadam" not in "".join(render(make(found), "csv") for make in TABLES.values())


# The folder


def test_tables_are_written_and_left_alone_where_nothing_changed(tmp_path):
    folder = folder_of(tmp_path / "out", whole())
    write_tables(folder, Tables(Results.of(folder)))
    files = sorted(folder.tables.iterdir())
    assert [file.name for file in files] == sorted(f"{name}.csv" for name in TABLES)
    before = {file.name: (file.stat().st_ino, file.read_bytes()) for file in files}
    (folder.tables / "arms.csv").write_text("spoilt")
    write_tables(folder, Tables(Results.of(folder)))
    after = {file.name: (file.stat().st_ino, file.read_bytes()) for file in folder.tables.iterdir()}
    assert {name: each[1] for name, each in after.items()} == {name: each[1] for name, each in before.items()}
    assert [name for name in after if after[name][0] != before[name][0] and name != "arms.csv"] == []
    assert before["arms.csv"][1].decode() == render(TABLES["arms"](Results.of(folder)), "csv")

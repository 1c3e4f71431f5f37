"""Anybody's runs, compared: which rows are which runs, what fails, what is paired, and what a reader is told."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from harness.analysis.across import Joined, join, worse
from harness.analysis.from_table import NO_MEMORY, join_tables
from harness.analysis.table_rows import Reading
from harness.errors import DataError, HarnessError, ResultError
from harness.metric import direction_by_name
from harness.records.folder import ResultFolder
from harness.records.results import Results
from harness.records.table import read_table, table_of
from harness.statistics.estimates import paired, welch
from harness.statistics.forecast import units_to_settle
from harness.statistics.joint import FULL
from harness.statistics.method import FIXED
from harness.statistics.verdict import Word

from support.exports import (
    SCORES,
    mlflow_page,
    mlflow_search_runs,
    optuna_trials,
    runs,
    wandb_page,
    wandb_script,
)
from support.paths import ROOT

PUBLISHED = ROOT / "results" / "published" / "quickstart"
BOTH = [seed for seed in range(7) if SCORES["adam"][seed] is not None]


def joined(path: Path, text: str, *, baseline: str | None = None, delta: float | None = 0.01, **given) -> Joined:
    path.write_text(text)
    reading = Reading(**({"arm": ["optimizer"], "metric": "val_acc", "seed": "seed"} | given))
    return join_tables([read_table(path)], reading, baseline=baseline, smallest_difference=delta)


def simple(rows: list[tuple[object, ...]], head: str = "optimizer,seed,val_acc") -> str:
    return "\n".join([head, *(",".join(map(str, row)) for row in rows), ""])


ROWS = [
    (arm, seed, score)
    for arm, scores in {"sgd": (1, 2, 3), "adam": (4, 5.5, 6)}.items()
    for seed, score in enumerate(scores)
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.csv"


EXPORTS = {
    "mlflow search_runs": (mlflow_search_runs, {}),
    "mlflow page": (mlflow_page, {}),
    "wandb page": (wandb_page, {"metric": "val/acc"}),
    "wandb script": (wandb_script, {"metric": "val.acc"}),
    "optuna": (optuna_trials, {"metric": "value", "direction": "maximise"}),
}


@pytest.mark.parametrize("tool", EXPORTS)
def test_the_exports_of_trackers_open_as_they_are_and_say_the_same(path, tool):
    make, given = EXPORTS[tool]
    found = joined(path, make(), baseline="sgd", **given)
    standings = {standing.arm: (standing.ok, standing.n) for standing in found.standings}
    assert standings == {"adam": (6, 7), "sgd": (7, 7)}
    assert found.comparisons[0].a == "adam"
    assert not found.comparisons[0].difference.paired
    scores = {sample.name: sample.scores for sample in found.samples}
    for arm, known in SCORES.items():
        assert all(scores[arm][seed] == known[seed] for seed in BOTH)
    assert any(note.startswith("1 run failed: ") for note in found.notes)


def test_a_run_that_is_still_running_is_left_out_and_said(path):
    found = joined(path, wandb_page(), metric="val/acc")
    assert "1 row left out: the run has not ended, or broke off before it could say so (State)" in found.notes


def test_the_failed_run_of_a_tracker_has_a_score_that_does_not_count(path):
    counted = joined(path, optuna_trials(), metric="value", direction="maximise", status="none")
    assert {standing.arm: standing.ok for standing in counted.standings} == {"adam": 7, "sgd": 7}
    assert counted.samples[0].scores[5] == 0.7


def test_the_largest_number_is_mlflows_infinity(path):
    found = joined(path, mlflow_search_runs(), metric="worst", direction="minimise", status="none", baseline="sgd")
    assert {standing.arm: standing.ok for standing in found.standings} == {"adam": 6, "sgd": 6}


def test_params_are_meant_where_a_metric_has_the_same_name(path):
    with pytest.raises(ResultError, match=r"one arm only, '0.001' in lr"):
        joined(path, mlflow_search_runs(), arm=["lr"], where=["optimizer=adam"])


def test_a_table_made_of_a_result_folder_has_the_folder_s_verdict():
    results = Results.of(ResultFolder(PUBLISHED))
    of_folder = join({"quickstart": results}, smallest_difference=0.5)
    reading = Reading(
        arm=["arm"], seed="seed_index", metric="dev_uas", where=["phase=confirm", "trial!=0"], paired=True
    )
    table = read_table(PUBLISHED / "tables" / "runs.csv")
    of_table = join_tables([table], reading, baseline=results.baseline, smallest_difference=0.5)
    pd.testing.assert_frame_equal(of_table.frame, of_folder.frame)
    assert list(of_table.comparisons) == list(of_folder.comparisons)


def test_equal_seeds_are_paired_only_where_that_is_said(path):
    values = {arm: [score for name, _, score in ROWS if name == arm] for arm in ("sgd", "adam")}
    apart = joined(path, simple(ROWS)).comparisons[0].difference
    together = joined(path, simple(ROWS), paired=True).comparisons[0].difference
    assert repr(apart) == repr(replace(welch(values["adam"], values["sgd"]), p=math.nan)), "three runs are not tested"
    assert repr(together) == repr(paired(values["adam"], values["sgd"]))
    shuffled = simple(sorted(ROWS, key=lambda row: str(row[2])))
    assert repr(joined(path, shuffled, paired=True, baseline="sgd").comparisons[0].difference) == repr(together)


def test_what_a_reader_is_told(path):
    assert joined(path, simple(ROWS)).notes == [
        "a higher val_acc is better, as its name says; if not: --direction minimise",
        "the baseline is the first arm of the table, sgd; --baseline names another",
        "not paired, but Welch's test: --paired says that equal seeds met equal random draws",
    ]
    assert joined(path, simple(ROWS), paired=True, direction="maximise", baseline="sgd").notes == []
    without = joined(path, simple(ROWS), seed=None, delta=None).notes
    assert "not paired, but Welch's test: no column of seeds is named (--seed)" in without
    assert "0.51 is half the median of the arms' standard deviations, taken from these very runs" in without[2]


def test_a_table_has_no_memory_and_an_open_verdict_says_so(path):
    gaps = (1.0, -0.5, 0.7, 0.4, -0.6, 0.9, 0.8)
    open_ = [(arm, seed, seed + gap * (arm == "adam")) for arm in ("sgd", "adam") for seed, gap in enumerate(gaps)]
    found = joined(path, simple(open_), paired=True, direction="maximise", baseline="sgd")
    (comparison,) = found.comparisons
    assert comparison.verdict.word is Word.UNDECIDED
    assert found.notes == [NO_MEMORY]
    forecast = units_to_settle(comparison.difference, comparison.delta, 1, FIXED, FULL.posterior)
    assert comparison.verdict.units == forecast.units, "further runs will meet the same test"


def test_seeds_that_only_one_arm_has_are_no_pairs(path):
    found = joined(path, simple([*ROWS, ("adam", 7, 9)]), paired=True)
    assert found.comparisons[0].difference.n == 3
    apart = joined(path, simple([(arm, seed + 10 * (arm == "adam"), score) for arm, seed, score in ROWS]), paired=True)
    assert not apart.comparisons[0].difference.paired
    assert "1 of 1 comparison not paired, but Welch's: the arms have no seed in common" in apart.notes


def test_seeds_are_whole_numbers_or_names(path):
    whole = joined(path, simple([(arm, f"{seed}.0", score) for arm, seed, score in ROWS]))
    assert [*whole.samples[0].scores] == [0, 1, 2]
    named = joined(path, simple([(arm, f"s{seed}", score) for arm, seed, score in reversed(ROWS)]), paired=True)
    assert named.comparisons[0].difference.paired
    assert named.comparisons[0].difference.n == 3


def test_long_seeds_that_are_one_as_floats_stay_two(path):
    seeds = (2**64 - 1, 2**64 - 2, 2**64 - 3)
    found = joined(path, simple([(arm, seeds[seed], score) for arm, seed, score in ROWS]), paired=True)
    assert sorted(found.samples[0].scores) == sorted(seeds)
    assert found.comparisons[0].difference.n == 3


def test_names_are_on_one_line_and_turn_nothing(path):
    found = joined(path, simple([('"a\n\x1b[31mb"' if arm == "sgd" else arm, *rest) for arm, *rest in ROWS]))
    assert [sample.name for sample in found.samples] == ["a [31mb", "adam"]


def test_several_columns_are_crossed_and_named(path):
    rows = [(arm, lr, seed, seed) for arm in ("sgd", "adam") for lr in ("1e-3", "0.1", "") for seed in range(2)]
    found = joined(path, simple(rows, "optimizer,params.lr,seed,val_acc"), arm=["optimizer", "lr"])
    assert [sample.name for sample in found.samples] == [
        "optimizer=sgd, lr=1e-3", "optimizer=sgd, lr=0.1", "optimizer=sgd, lr=–",
        "optimizer=adam, lr=1e-3", "optimizer=adam, lr=0.1", "optimizer=adam, lr=–",
    ]  # fmt: skip


def test_arms_are_named_as_they_are_written_and_one_number_in_two_ways_is_said(path):
    found = joined(path, simple([("1e-3", 0, 1), ("0.001", 1, 2), ("None", 2, 2)], "lr,seed,val_acc"), arm=["lr"])
    assert [sample.name for sample in found.samples] == ["1e-3", "0.001", "None"]
    assert "lr: '1e-3' and '0.001' are one number, written in two ways: two arms here" in found.notes


@pytest.mark.parametrize("value", ["", "nan", "NaN", "NA", "None", "inf", "-Infinity", "1.7976931348623157e+308"])
def test_a_run_without_a_finite_score_failed_and_is_counted(path, value):
    found = joined(path, simple([*ROWS, ("adam", 3, value)]))
    adam = next(standing for standing in found.standings if standing.arm == "adam")
    assert (adam.ok, adam.n) == (3, 4)
    assert "1 run failed: 1 without a finite val_acc" in found.notes


def test_an_arm_of_which_nothing_finished_is_worse_and_no_baseline(path):
    found = joined(path, simple([("lion", 0, "nan"), ("lion", 1, "nan"), *ROWS]))
    assert found.baseline == "sgd"
    assert found.failed == ["lion"]
    assert worse(found) == ["lion: nothing of it finished"]


def test_filters(path):
    text = simple([(*row, "a b" if row[1] else "x") for row in ROWS], "optimizer,seed,val_acc,data")
    for where in (["data=a b"], ["data != x"], ["seed!=0.0"], [" seed != 0 ", "data=a b"]):
        found = joined(path, text, where=where)
        assert [len(sample.scores) for sample in found.samples] == [2, 2]
        assert found.notes[0] == f"2 rows left out: not {' and '.join(where)} (--where)"


def test_a_filter_leaves_out_rows_whose_state_is_not_known(path):
    text = simple([(*row, "done" if row[1] else "odd") for row in ROWS], "optimizer,seed,val_acc,status")
    with pytest.raises(DataError) as raised:
        joined(path, text)
    assert str(raised.value) == (
        f"{path}:2: status 'odd' says neither that a run finished nor that it failed; leave such rows out "
        "(--where 'status!=odd'), or ignore the column (--status none)"
    )
    assert [len(sample.scores) for sample in joined(path, text, where=["status!=odd"]).samples] == [2, 2]
    assert [len(sample.scores) for sample in joined(path, text, status="none").samples] == [3, 3]


def test_rows_without_an_arm_are_left_out_and_said(path):
    found = joined(path, simple([*ROWS, ("", 0, 1), ("", 1, 1)]))
    assert found.notes[0] == "2 rows left out: no value of optimizer, so of no arm"


CURVES = [
    (arm, seed, step, start + step)
    for arm, start in (("sgd", 0), ("adam", 5))
    for seed in range(2)
    for step in (30, 9, 100)
]
CURVE_HEAD = "optimizer,seed,step,val_acc"


def test_of_a_learning_curve_the_last_step_counts(path):
    found = joined(path, simple(CURVES, CURVE_HEAD), step="step")
    assert [dict(sample.scores) for sample in found.samples] == [{0: 100, 1: 100}, {0: 105, 1: 105}]
    assert not any("ended before" in note for note in found.notes)


def test_a_run_that_broke_off_is_said_and_rows_without_a_score_are_passed_over(path):
    short = [(*row[:3], "") if row[:3] == ("adam", 1, 100) else row for row in CURVES]
    found = joined(path, simple(short, CURVE_HEAD), step="step")
    assert found.samples[1].scores == {0: 105, 1: 35}
    assert (
        "1 run of 4 ended before step 100, by their last val_acc (adam, seed 1, at 30): another budget, or a run that "
        "broke off, is no fair comparison"
    ) in found.notes
    diverged = [(*row[:3], "nan") if row[:3] == ("adam", 1, 100) else row for row in CURVES]
    standings = joined(path, simple(diverged, CURVE_HEAD), step="step").standings
    assert [standing.ok for standing in standings] == [2, 1]


def test_arms_that_were_trained_to_other_steps_are_not_ranked(path):
    other = [(arm, seed, step + 20 * (arm == "adam"), score) for arm, seed, step, score in CURVES]
    found = joined(path, simple(other, CURVE_HEAD), step="step")
    assert found.budgets == ["step: 100 (sgd), 120 (adam)"]
    assert found.frame["verdict"].isna().all()
    with pytest.raises(ResultError, match=r"needs equal budgets, and these differ: step: 100 \(sgd\), 120 \(adam\)"):
        worse(found)


def test_runs_that_stop_early_at_steps_of_their_own_are_ranked_and_said(path):
    early = [(arm, seed, step + seed * (arm == "adam"), score) for arm, seed, step, score in CURVES]
    found = joined(path, simple(early, CURVE_HEAD), step="step")
    assert found.budgets == []
    assert any(
        note.startswith("3 runs of 4 ended before step 101, by their last val_acc (sgd, seed 0, at 100")
        for note in found.notes
    )


def test_several_tables_are_one(path, tmp_path):
    path.write_text(simple(ROWS[:3]))
    (tmp_path / "other.csv").write_text(simple(ROWS[3:]))
    reading = Reading(arm=["optimizer"], metric="val_acc", seed="seed")
    tables = [read_table(path), read_table(tmp_path / "other.csv")]
    together = join_tables(tables, reading, smallest_difference=0.01)
    assert repr(together.comparisons) == repr(joined(path, simple(ROWS)).comparisons)
    assert together.sources == [str(path), str(tmp_path / "other.csv")]
    with pytest.raises(DataError, match=r"runs.csv:2: sgd, seed 0 again, first at .*one row a run, and no run in two"):
        join_tables([tables[0], read_table(path)], reading)


SAME = simple([*ROWS, ROWS[3]])
DIFFERENT = simple([(*row, "0.1", row[2]) for row in ROWS] + [(*row[:2], 9, "0.2", 9) for row in ROWS],
                   "optimizer,seed,val_acc,lr,train_acc")  # fmt: skip
RETRIED = simple([(*row, "FINISHED") for row in ROWS] + [("adam", 0, "", "FAILED")], "optimizer,seed,val_acc,status")


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        (SAME, {}, "{path}:8: adam, seed 0 again, first at {path}:5: the two rows are the same"),
        (DIFFERENT, {}, "{path}:8: sgd, seed 0 again, first at {path}:2: they differ in lr: --arm lr too compares it, "
                        "--where lr=… keeps one value"),
        (RETRIED, {}, "{path}:8: adam, seed 0 again, first at {path}:5: one of the two failed; if it was run again, "
                      "--where status!=FAILED leaves such runs out"),
        (simple(CURVES, CURVE_HEAD), {}, "{path}:3: sgd, seed 0 again, first at {path}:2: if these are steps of a "
                                         "learning curve, --step step takes the last of each run"),
        (simple(CURVES, CURVE_HEAD), {"seed": None}, "{path}:3: 'step' changes from row to row, as in a learning"),
        (simple([*CURVES, CURVES[-1]], CURVE_HEAD), {"step": "step"}, "{path}:14: adam, seed 1, step 100 again"),
        (simple([*ROWS, ("adam", "", 1)]), {}, "{path}:8: no seed, the seed of the run"),
        (simple([*ROWS, ("adam", 3, "good")]), {}, "{path}:8: val_acc 'good' is no number"),
        (simple([*ROWS, ("adam", 3, "x" * 999)]), {}, "{path}:8: val_acc 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…xxxxxxxxx"),
        (simple([*ROWS, ("adam", 3, '"0,85"')]), {}, "{path}:8: val_acc '0,85' is no number; decimals need a point"),
        (simple([(*row, "a") for row in ROWS], CURVE_HEAD.replace("step,val_acc", "val_acc,step")), {"step": "step"},
         "{path}:2: step 'a' is no number, needs the step that the row is of"),
        (simple(ROWS), {"seed": "sed"}, "{path}:1: no column 'sed' for --seed, did you mean 'seed'?"),
        (simple(ROWS), {"metric": "acc"}, "{path}:1: no column 'acc' for --metric, did you mean 'val_acc'?"),
        (simple(ROWS), {"arm": ["optimizer", "lr"]}, "{path}:1: no column 'lr' for --arm; 3 columns"),
        (simple(ROWS), {"status": "state"}, "{path}:1: no column 'state' for --status"),
        (simple(ROWS), {"status": "optimizer"}, "{path}:2: optimizer 'sgd' says neither that a run finished nor that "
                                                "it failed; leave such rows out (--where 'optimizer!=sgd'), or ignore"),
        (simple(ROWS), {"where": ["optimizer=adm"]}, "{path}:1: no row with optimizer = 'adm'; it has 'adam', 'sgd'"),
        (simple(ROWS), {"where": ["optimizer"]}, "--where 'optimizer': write column=value or column!=value"),
        (simple(ROWS), {"where": ["optimizer!=adam", "optimizer!=sgd"]}, "no row is left (6: not optimizer!=adam and"),
        (simple(ROWS), {"where": ["optimizer=adam"]}, "{path}: one arm only, 'adam' in optimizer; a comparison needs"),
        (simple([(f"a{number}", 0, 1) for number in range(101)]), {}, "101 arms in optimizer, at most 100: is that"),
        (simple([(arm, seed, "nan") for arm, seed, _ in ROWS]), {}, "every run failed: no row has a finite val_acc"),
        (simple(ROWS), {"baseline": "adm"}, "unknown baseline 'adm', did you mean 'adam'? known: adam, sgd"),
        (simple(ROWS), {"seed": None, "paired": True}, "--paired pairs equal seeds: --seed names their column"),
        (simple(ROWS), {"seed": None, "step": "seed"}, "--step takes the last row of each run: --seed names the"),
        (simple(ROWS, "optimizer,seed,score"), {"metric": "score"}, "is a higher or a lower 'score' better?"),
        (simple(ROWS, "optimizer,seed,seed"), {}, "{path}:1: several columns are called 'seed', wanted for --seed"),
    ],
)  # fmt: skip
def test_whatever_is_wrong_is_one_line(path, text, given, message):
    if "seed,seed" in text:
        given = {"metric": "optimizer", "direction": "maximise"}
    with pytest.raises(HarnessError) as raised:
        joined(path, text, **given)
    assert message.format(path=path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_runs_without_seeds_in_a_table_of_runs_are_no_learning_curve(path):
    text = simple(
        [(*row, f"run-{number}", 5 + number) for number, row in enumerate(ROWS)], "optimizer,seed,val_acc,Name,epoch"
    )
    assert joined(path, text, seed=None).comparisons[0].difference.n == 3


def test_pairs_of_all_arms_and_none_of_namesakes(path):
    path.write_text(simple([*ROWS, ("lion", 0, 1), ("lion", 1, 2)]))
    reading = Reading(arm=["optimizer"], metric="val_acc", seed="seed")
    assert len(join_tables([read_table(path)], reading, pairs="all").comparisons) == 3
    path.write_text(simple([(f"arm{arm}", seed, seed) for arm in range(21) for seed in range(2)]))
    assert len(join_tables([read_table(path)], reading).comparisons) == 20
    with pytest.raises(ResultError, match="21 arms in optimizer, at most 20: --pairs baseline takes more"):
        join_tables([read_table(path)], reading, pairs="all")
    with pytest.raises(ResultError, match="--pairs same compares arms of several result folders"):
        join_tables([read_table(path)], reading, pairs="same")


def test_a_frame_and_its_csv_are_the_same(path):
    frame = pd.DataFrame(
        [(arm, seed, math.nan if score is None else score) for arm, seed, score in runs()],
        columns=["optimizer", "seed", "val_acc"],
    )
    reading = Reading(arm=["optimizer"], metric="val_acc", seed="seed", paired=True)
    of_frame = join_tables([table_of(frame)], reading)
    of_text = joined(path, frame.to_csv(index=False), delta=None, paired=True)
    assert repr(of_frame.comparisons) == repr(of_text.comparisons)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("val_loss", "minimise"), ("valLoss", "minimise"), ("test/perplexity", "minimise"), ("RMSE", "minimise"),
        ("eval_wer", "minimise"), ("val_acc@1", "maximise"), ("testAUROC", "maximise"), ("F1", "maximise"),
        ("dev_uas", "maximise"), ("r2", "maximise"), ("neg_mean_squared_error", None), ("neg_log_loss", None),
        ("value", None), ("score", None), ("loss_acc", None), ("accuracy_gap", None), ("answer", None),
    ],
)  # fmt: skip
def test_a_direction_is_guessed_from_words_that_leave_no_doubt(name, expected):
    assert direction_by_name(name) == expected

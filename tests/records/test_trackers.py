"""The names and the states that trackers write."""

from __future__ import annotations

import pytest

from harness.errors import DataError
from harness.records.table import Table
from harness.records.trackers import MEASURES, State, bare, find_column, state_column, state_of


def table(*names: str, repeated: frozenset[str] = frozenset(), **given) -> Table:
    columns = {name: given.pop(name, ["1"]) for name in (*names, *given)}
    return Table(source="runs.csv", columns=columns, lines=[2], rows=1, repeated=repeated, unread={})


def test_an_exact_name_wins_then_settings_then_measures():
    there = table("lr", "params.lr", "params.optimizer", "metrics.optimizer", "metrics.seed")
    assert find_column(there, "lr", "--arm") == "lr"
    assert find_column(there, "optimizer", "--arm") == "params.optimizer"
    assert find_column(there, "optimizer", "--metric", MEASURES) == "metrics.optimizer"
    assert find_column(there, "seed", "--seed") == "metrics.seed"


@pytest.mark.parametrize(
    "name",
    [
        "config.optimizer",
        "config/optimizer",
        "params_optimizer",
        "tags.optimizer",
        "tags.mlflow.optimizer",
        "user_attrs_optimizer",
    ],
)
def test_every_tracker_s_settings_are_found_by_their_bare_name(name):
    assert find_column(table(name, "x"), "optimizer", "--arm") == name
    assert bare(name) == "optimizer"


def test_a_number_alone_is_no_name():
    assert find_column(table("values_0", "values_1"), "0", "--metric", MEASURES) == "values_0"
    assert bare("values_0") == "values_0"
    assert bare("values_acc") == "acc"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("seed", r"runs.csv:1: 'seed', wanted for --arm, may be any of params.seed, tags.seed: say which"),
        ("twice", r"runs.csv:1: several columns are called 'twice', wanted for --arm: rename all but one"),
        (
            "optimiser",
            r"runs.csv:1: no column 'optimiser' for --arm, did you mean 'params.optimizer'\? 3 columns: params",
        ),
        ("Params.Seed", r"did you mean 'params.seed'\?"),
        ("zzz", r"'zzz' for --arm; 3 columns: params.seed, tags.seed, params.optimizer; several are called twice$"),
    ],
)
def test_a_name_that_fits_nothing_or_too_much(name, message):
    there = table("params.seed", "tags.seed", "params.optimizer", repeated=frozenset({"twice"}))
    with pytest.raises(DataError, match=message):
        find_column(there, name, "--arm")


def test_a_chart_s_columns_are_recognised_and_long_lists_are_cut():
    chart = table("Step", "a - val_acc", "a - val_acc__MIN", "a - val_acc__MAX")
    with pytest.raises(
        DataError, match="these are the columns of a chart, one a run: export the table of runs instead"
    ):
        find_column(chart, "val_acc", "--metric", MEASURES)
    with pytest.raises(DataError, match=r"for --metric; 3 columns: metrics.loss, lr, metric_"):
        find_column(table("lr", "metric_", "metrics.loss"), "zzz", "--metric", MEASURES)
    wide = table(*(f"tags.mlflow.{number}" for number in range(20)), *(f"column{number}" for number in range(20)))
    with pytest.raises(DataError, match=r"40 columns: column0, .*column11, …$"):
        find_column(wide, "zzz", "--arm")


def test_the_words_of_the_trackers():
    said = {
        State.FINISHED: ("FINISHED", "finished", "COMPLETE", ""),
        State.FAILED: ("FAILED", "KILLED", "crashed", "failed", "killed", "FAIL", "PRUNED", "ERROR"),
        State.OPEN: ("RUNNING", "SCHEDULED", "running", "pending", "preempted", "WAITING"),
    }
    assert {state: {state_of(word) for word in words} for state, words in said.items()} == {
        state: {state} for state in said
    }
    assert state_of("Ohio") is None
    assert state_of("TERMINATED") is None  # Ray's for a run that came to its end, Guild's for one that was stopped


def test_a_column_of_states_is_known_by_its_words():
    assert state_column(table(status=["FINISHED", ""])) == "status"
    assert state_column(table(State=["finished", "crashed"], status=["CA"])) == "State"
    assert state_column(table(state=["CA", "NY"])) is None
    assert state_column(table(status=["FINISHED", "UNFINISHED"])) == "status"
    assert state_column(table(status=["", ""])) is None
    assert state_column(table("arm")) is None

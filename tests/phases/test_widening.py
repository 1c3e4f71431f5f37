"""Rounds of widening: who gets trials, where they lie, when it ends, and that how it is run makes no difference."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
import pytest

from harness.analysis.trials import tuning_curve
from harness.execution.driver import Driver
from harness.phases.storages import open_journal
from harness.phases.widening import slab
from harness.plugin.ranges import Domain, Options, Range
from harness.records.decisions import Change, Widened
from harness.records.edges import Edge
from harness.records.folder import ResultFolder, to_json
from harness.records.results import Results
from harness.study.study import SearchSettings

from support.studies import WIDENING, run, tables, write_study

LRS = ("optimiser.adam.lr", "optimiser.sgd.lr")


class Crash(BaseException):
    """The driver dies here."""


@pytest.fixture(scope="module")
def widened(tmp_path_factory) -> Path:
    """The folder of the study, run without a disturbance."""
    folder = tmp_path_factory.mktemp("widened")
    run(write_study(folder, WIDENING), folder / "out")
    return folder / "out"


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_study(tmp_path, WIDENING)


def of(out: Path) -> Results:
    return Results.of(ResultFolder(out))


def searched(found: Results, arm: str = "", round_: int | None = None) -> list[Any]:
    return [
        each for each in found.ordered
        if each.phase == "search" and arm in ("", each.arm) and round_ in (None, each.round)
    ]  # fmt: skip


# Where it leads


def test_all_arms_get_the_same_number_of_trials_in_each_round_and_theirs_lie_in_what_was_added(widened):
    found = of(widened)
    rounds = found.rounds()
    assert [(each.round, each.trials) for each in rounds] == [(1, 5), (2, 5), (3, 5)]  # the half of 9
    assert Counter((each.arm, each.round) for each in searched(found)) == {
        (arm, number): 9 if number == 0 else 5 for arm in ("adam", "sgd") for number in range(4)
    }
    for decided in rounds:
        assert [(each.hyperparameter, each.side, each.arms) for each in decided.changes] == [
            ("optimiser.adam.lr", "high", ("adam",)), ("optimiser.sgd.lr", "high", ("sgd",)),
        ]  # fmt: skip
        for change in decided.changes:
            arm = change.hyperparameter.split(".")[1]
            values = [
                each.configured().hyperparameters()[change.hyperparameter]
                for each in searched(found, arm, decided.round)
            ]
            assert len(set(values)) == 5
            assert all(change.old.high <= value <= change.new.high for value in values)
    assert {each.seed_index for each in searched(found)} == {0}


def test_each_round_begins_where_the_last_one_ended(widened):
    found = of(widened)
    for name in LRS:
        changes = [change for each in found.rounds() for change in each.changes if change.hyperparameter == name]
        assert changes[0].old == found.study.arms[name.split(".")[1]].space[name]
        assert [each.old for each in changes[1:]] == [each.new for each in changes[:-1]]
        assert found.ranges(name.split(".")[1])[name] == changes[-1].new


def test_a_winner_of_a_round_is_selected_and_confirmed(widened):
    found = of(widened)
    for arm in found.arms:
        winner = found.chosen(arm)
        assert winner.round > 0
        assert {each.which for each in found.confirmed(arm).values()} == {winner.which}
        assert {each.which for each in found.confirmed_defaults(arm).values()} == {(0, 0, 0)}
        assert len(found.tuning[arm, winner.which]) == 2
        assert found.edges(arm) == []


def test_tables_know_rounds(widened):
    found = of(widened)
    trials = pd.read_csv(widened / "tables" / "trials.csv")
    assert trials.groupby(["arm", "round"]).size().to_dict() == {
        (arm, number): 9 if number == 0 else 5 for arm in ("adam", "sgd") for number in range(4)
    }
    assert "repeat" not in trials
    curve = pd.read_csv(widened / "tables" / "tuning_curve.csv")
    assert curve.groupby("arm").trials.max().to_dict() == {"adam": 8, "sgd": 8}
    first = Results(found.study, {key: each for key, each in found.records.items() if not each.round})
    pd.testing.assert_frame_equal(tuning_curve(first), tuning_curve(found))
    sensitivity = pd.read_csv(widened / "tables" / "sensitivity.csv").set_index("hyperparameter")
    for arm, name in zip(("adam", "sgd"), LRS, strict=True):
        assert sensitivity.loc[name, "high"] == found.ranges(arm)[name].high
        assert sensitivity.loc[name, "n"] == sum(not each.reason for each in searched(found, arm))
    arms = pd.read_csv(widened / "tables" / "arms.csv").set_index("arm")
    assert arms.trials.to_dict() == {"adam": 24, "sgd": 24}
    assert arms["round"].to_dict() == {arm: found.chosen(arm).round for arm in found.arms}
    assert not {"BUDGET", "EDGE"} & set(pd.read_csv(widened / "tables" / "warnings.csv").id)


def test_optuna_has_the_trials_of_a_round_in_a_study_of_their_own(widened):
    storage = open_journal(widened / "journal.log")
    assert set(optuna.get_all_study_names(storage)) == {
        f"{arm}{suffix}" for arm in ("adam", "sgd") for suffix in ("", "\tround 1", "\tround 2", "\tround 3")
    }
    found = of(widened)
    for number in (0, 2):
        name = "sgd" + ("\tround 2" if number else "")
        told = optuna.load_study(study_name=name, storage=storage).get_trials()
        assert {each.number: each.value for each in told} == {
            each.trial: None if each.reason else each.score(found.metric) for each in searched(found, "sgd", number)
        }
        assert all(
            each.params["optimiser.sgd.lr"] in found.ranges("sgd")["optimiser.sgd.lr"] for each in told if each.params
        )


# When it ends, and who takes part


@pytest.mark.parametrize(
    ("override", "rounds"),
    [("search.widen=1", 1), ("search.widen=false", 0), ("search.sampler=tpe", 0), ("tier=smoke", 0)],
)
def test_it_ends_at_the_cap_and_a_winner_still_at_an_edge_is_warned_of(study, tmp_path, override, rounds):
    found = run(study, tmp_path / "out", overrides=(override,)).results
    assert len(found.rounds()) == rounds
    [edge] = found.edges("sgd")
    assert (edge.hyperparameter, edge.side, edge.range) == (LRS[1], "high", found.ranges("sgd")[LRS[1]])
    warnings = pd.read_csv(tmp_path / "out" / "tables" / "warnings.csv")
    of_sgd = warnings[(warnings.id == "EDGE") & (warnings.arm == "sgd")]
    assert len(of_sgd) == 1
    assert f"high = {edge.wider.high}" in of_sgd.change.item()


def test_a_range_is_widened_in_every_arm_that_searches_it_and_arms_that_search_nothing_get_no_trials(tmp_path):
    both = '[{ name = "sgd", search = ["lr"] }, { name = "sgd", search = ["lr"], momentum = 0.5 }, "raising"]'
    begin, end = WIDENING.index("[{ name"), WIDENING.index("\n\n[model]")
    study = write_study(tmp_path, WIDENING[:begin] + both + WIDENING[end:].replace('"optimiser.adam.lr"', "# "))
    found = run(study, tmp_path / "out", overrides=("search.widen=1", "confirm.seeds=1")).results
    [decided] = found.rounds()
    assert [each.hyperparameter for each in decided.changes] == [LRS[1]]
    sgds = [arm for arm in found.arms if arm.startswith("sgd")]
    assert len(sgds) == 2
    for arm in sgds:
        assert found.ranges(arm)[LRS[1]] == decided.changes[0].new
        assert len(searched(found, arm, 1)) == 5
    assert len(searched(found, "raising")) == 1
    points = [[each.configured().hyperparameters()[LRS[1]] for each in searched(found, arm, 1)] for arm in sgds]
    assert points[0] == points[1]


def test_arms_whose_ranges_stay_draw_from_their_own(tmp_path):
    text = WIDENING.replace('"optimiser.adam.lr" = { low = 3e-4, high = 1e-3 }', '"optimiser.adam.lr" = [0.001, 0.003]')
    found = run(write_study(tmp_path, text), tmp_path / "out", overrides=("search.widen=1",)).results
    [decided] = found.rounds()
    assert [each.hyperparameter for each in decided.changes] == [LRS[1]]
    assert found.ranges("adam") == found.study.arms["adam"].space
    values = [each.configured().hyperparameters()[LRS[0]] for each in searched(found, "adam", 1)]
    assert len(values) == 5
    assert set(values) == {0.001, 0.003}


def test_selection_that_chooses_a_trial_at_an_edge_leads_to_one_more_round(study, tmp_path, monkeypatch):
    def edges_at(results: Results, arm: str, winner: Any) -> list[Edge]:
        """An edge that selection alone can see."""
        is_selected = any(each.phase == "select" for each in results.records.values())
        if arm == "adam" or not is_selected:
            return []
        domain = results.ranges(arm)[LRS[1]]
        assert isinstance(domain, Range)
        wider = Range(domain.low, domain.high * 2, "log")
        return [Edge(repeat=0, hyperparameter=LRS[1], side="high", range=domain, value=1.0, trials=9, wider=wider)]

    monkeypatch.setattr(Results, "edges_at", edges_at)
    run(study, tmp_path / "out", overrides=("search.widen=2",))
    found = of(tmp_path / "out")
    assert [each.round for each in found.rounds()] == [1, 2]
    order = [(each.phase, each.round) for each in found.records.values() if each.arm == "sgd"]
    first = order.index(("select", 0))
    assert order.index(("search", 1)) > first
    assert {number for phase, number in order[first:] if phase == "search"} == {1, 2}
    again = tmp_path / "elsewhere" / "out"
    run(study, again, overrides=("search.widen=2",))
    assert tables(again) == tables(tmp_path / "out")


# However it is run


@pytest.mark.slow
def test_two_processes_give_the_same_bytes_as_one(widened, study, tmp_path):
    run(study, tmp_path / "out", jobs=2)
    assert tables(tmp_path / "out") == tables(widened)
    assert (tmp_path / "out" / "decisions.jsonl").read_bytes() == (widened / "decisions.jsonl").read_bytes()


def test_a_finished_study_has_nothing_left_to_do(widened, study, tmp_path):
    run(study, tmp_path / "out")
    before = {path: path.read_bytes() for path in (tmp_path / "out").glob("*.jsonl")}
    assert run(study, tmp_path / "out").new == 0
    assert {path: path.read_bytes() for path in (tmp_path / "out").glob("*.jsonl")} == before
    assert tables(tmp_path / "out") == tables(widened)


@pytest.mark.parametrize("written", [False, True], ids=["before", "after"])
def test_a_crash_beside_each_decision_changes_nothing(widened, study, tmp_path, monkeypatch, written):
    out, real = tmp_path / "out", ResultFolder.append_decision
    for number in (1, 2, 3):

        def dying(folder: ResultFolder, decision: Widened, number: int = number) -> None:
            if written or decision.round < number:
                real(folder, decision)
            if decision.round == number:
                raise Crash

        with monkeypatch.context() as patch:
            patch.setattr(ResultFolder, "append_decision", dying)
            with pytest.raises(Crash):
                run(study, out)
        assert [each.round for each in of(out).rounds()] == list(range(1, number + written))
        assert max(each.round for each in searched(of(out))) == number - 1
    run(study, out)
    assert tables(out) == tables(widened)
    assert (out / "decisions.jsonl").read_bytes() == (widened / "decisions.jsonl").read_bytes()


def test_a_crash_after_any_run_of_a_round_changes_nothing(widened, study, tmp_path, monkeypatch):
    out, real, crashes = tmp_path / "out", Driver._record, 0
    for _ in range(100):
        made = [0]

        def dying(driver: Driver, *given: Any, made: list[int] = made) -> Any:
            made[0] += 1
            if made[0] > 7:  # not a divisor of the number of runs of a round
                raise Crash
            return real(driver, *given)

        with monkeypatch.context() as patch:
            patch.setattr(Driver, "_record", dying)
            try:
                run(study, out)
            except Crash:
                crashes += 1
            else:
                break
    assert crashes >= 8
    assert tables(out) == tables(widened)
    assert (out / "decisions.jsonl").read_bytes() == (widened / "decisions.jsonl").read_bytes()


# In a folder that is there already


def test_more_trials_keep_the_rounds_that_were_decided_and_collide_with_none(widened, study, tmp_path):
    out = tmp_path / "out"
    run(study, out, overrides=("search.widen=1",))
    before, decided = of(out).records, (out / "decisions.jsonl").read_text()
    run(study, out, overrides=("search.widen=2", "search.trials=12"))
    found = of(out)
    assert (out / "decisions.jsonl").read_text().startswith(decided)
    assert [(each.round, each.trials) for each in found.rounds()] == [(1, 5), (2, 6)]
    assert before.items() <= found.records.items()
    assert Counter(each.round for each in searched(found, "sgd")) == {0: 12, 1: 5, 2: 6}
    whole = of(widened)
    for key in (each.key for each in searched(whole, "sgd", 0)):
        assert found.records[key].fingerprint == whole.records[key].fingerprint
    assert "BUDGET" not in set(pd.read_csv(out / "tables" / "warnings.csv").id)


def test_an_arm_that_is_added_gets_the_rounds_too(study, tmp_path):
    out = tmp_path / "out"
    run(study, out, overrides=("search.widen=1",))
    more = WIDENING.replace('search = ["lr"] }, {', 'search = ["lr"] }, { name = "slow", search = ["lr"] }, {')
    run(write_study(tmp_path, more, "more.toml"), out, overrides=("search.widen=1",))
    found = of(out)
    assert Counter(each.round for each in searched(found, "slow")) == {0: 9, 1: 5}
    assert len(found.rounds()) == 1


def test_a_folder_from_before_there_was_widening_goes_on_without_it_until_the_study_asks_for_it(study, tmp_path):
    out = tmp_path / "out"
    run(study, out, overrides=("search.widen=false", "select.defaults=false"))
    kept = json.loads((out / "study.json").read_text())
    for section, added in (("search", ("widen", "repeats")), ("select", ("defaults",))):
        for name in added:
            del kept[section][name]
    kept["overrides"] = []
    (out / "study.json").write_text(to_json(kept))
    assert run(study, out).new == 0
    assert json.loads((out / "study.json").read_text()) == kept
    assert of(out).study.search == SearchSettings(trials=9, sampler="sobol", batch=4, widen=0, repeats=1)
    assert run(study, out, overrides=("tier=strict", "confirm.seeds=10")).new == 2 * 8  # and no further repeat
    assert run(study, out, overrides=("search.widen=1", "confirm.seeds=10")).new >= 10
    assert len(of(out).rounds()) == 1


# What a change adds


@pytest.mark.parametrize(
    ("side", "old", "new", "added"),
    [
        ("high", Range(1e-3, 1e-2, "log"), Range(1e-3, 1e-1, "log"), Range(1e-2, 1e-1, "log")),
        ("low", Range(0.2, 0.8), Range(0.0, 0.8), Range(0.0, 0.2)),
        ("low", Range(0.5, 0.99, "one_minus_log"), Range(0.1, 0.99, "one_minus_log"), Range(0.1, 0.5, "one_minus_log")),
        ("high", Range(2, 8, integer=True), Range(2, 12, integer=True), Range(9, 12, integer=True)),
        ("low", Range(2, 8, integer=True), Range(1, 8, integer=True), Options((1,))),
    ],
)
def test_what_a_change_adds(side, old, new, added: Domain):
    assert slab(Change(hyperparameter="optimiser.x.y", side=side, old=old, new=new, arms=())) == added

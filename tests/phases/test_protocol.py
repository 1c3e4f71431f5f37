"""A study end to end: the same bytes however it is run, and every run on record."""

from __future__ import annotations

import io
import json
import multiprocessing
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from harness.errors import RunsLostError
from harness.plugin.kinds import CHOICES
from harness.records.folder import ResultFolder
from harness.records.results import Results
from harness.study import seeds
from harness.study.arm import Arm

from support.paths import TINY, TINY_DIGEST
from support.studies import STUDY, run, tables, write_study


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_study(tmp_path)


def test_phases_have_the_runs_they_should(undisturbed):
    runs = pd.read_csv(undisturbed / "tables" / "runs.csv")
    assert runs.groupby("phase").size().to_dict() == {"search": 8, "select": 5, "confirm": 12}
    search, select, confirm = (runs[runs.phase == phase] for phase in ("search", "select", "confirm"))
    assert set(search.seed_index) == {0}
    assert set(select.seed_index) == {1}
    assert set(confirm.seed_index) == {100, 101, 102}
    assert set(confirm.seed_index) <= set(seeds.CONFIRMATION)


def test_the_defaults_are_confirmed_beside_the_winner_at_the_same_seeds(undisturbed):
    runs = pd.read_csv(undisturbed / "tables" / "runs.csv")
    trials = pd.read_csv(undisturbed / "tables" / "trials.csv").set_index("arm")
    for arm, confirmed in runs[runs.phase == "confirm"].groupby("arm"):
        winner = trials.loc[arm][trials.loc[arm].chosen].trial.item()
        assert winner > 0
        assert confirmed.groupby("trial").seed_index.apply(list).to_dict() == {
            trial: [100, 101, 102] for trial in (0, winner)
        }
        defaults = runs[(runs.phase == "search") & (runs.arm == arm) & (runs.trial == 0)].fingerprint.item()
        assert set(confirmed[confirmed.trial == 0].fingerprint) == {defaults}
        assert confirmed.fingerprint.nunique() == 2


def test_a_winner_that_is_the_defaults_is_not_confirmed_twice(tmp_path):
    worse = '[space]\n"optimiser.adam.lr" = { low = 1e-9, high = 1e-3 }\n'
    console = Console(file=io.StringIO(), width=200)
    summary = run(write_study(tmp_path, STUDY + worse), tmp_path / "out", console=console)
    confirmed = Counter((each.arm, each.trial) for each in summary.results.records.values() if each.phase == "confirm")
    assert confirmed.pop(("adam", 0)) == 3
    assert sorted(confirmed.values()) == [3, 3]
    assert {arm for arm, _ in confirmed} == {"sgd"}
    # Of 26: adam's winner is its defaults, and the defaults of both arms are shortlisted.
    assert console.file.getvalue().splitlines()[-1].startswith("confirm: 21 of 21 runs")
    assert run(write_study(tmp_path, STUDY + worse), tmp_path / "out").new == 0


def test_an_arm_without_anything_to_search_is_its_defaults_confirmed_once(tmp_path):
    text = STUDY.replace('"adam", search = ["lr"]', '"adam", search = []')
    console = Console(file=io.StringIO(), width=200)
    assert run(write_study(tmp_path, text), tmp_path / "out", console=console).new == (1 + 1 + 3) + (4 + 2 + 6)
    assert console.file.getvalue().startswith("search: 0 of 18 runs\n")  # sgd's defaults may not be shortlisted


def test_defaults_that_fail_are_confirmed_as_failures(tmp_path):
    text = STUDY.replace('{ name = "adam", search = ["lr"] }', '{ name = "raising", search = ["after"] }')
    text += '[space]\n"optimiser.raising.after" = [3, 1000]\n'
    summary = run(write_study(tmp_path, text), tmp_path / "out")
    failed = [each for each in summary.results.records.values() if each.reason and each.phase == "confirm"]
    assert [(each.arm, each.trial, each.seed_index) for each in failed] == [
        ("raising", 0, seed) for seed in (100, 101, 102)
    ]
    arms = pd.read_csv(tmp_path / "out" / "tables" / "arms.csv").set_index("arm")
    assert arms.loc["raising", ["ok", "n", "defaults_n"]].tolist() == [3, 3, 3]


def test_trial_0_is_the_defaults_and_the_best_tuning_mean_wins(undisturbed):
    trials = pd.read_csv(undisturbed / "tables" / "trials.csv")
    adam = trials[trials.arm == "adam"].set_index("trial")
    assert adam.loc[0, "optimiser.adam.lr"] == 1e-3
    shortlisted = adam.loc[[2, 3]]
    assert sorted(shortlisted.score) == sorted(adam.score.nlargest(2))
    assert adam.tuning_n.to_list() == [2, 1, 2, 2]  # the defaults too, which are no candidate
    assert shortlisted[shortlisted.chosen].tuning_mean.item() == shortlisted.tuning_mean.max()
    assert trials.groupby("arm").chosen.sum().to_dict() == {"adam": 1, "sgd": 1}


def test_the_difference_is_paired_by_seed_index(undisturbed):
    arms = pd.read_csv(undisturbed / "tables" / "arms.csv").set_index("arm")
    runs = pd.read_csv(undisturbed / "tables" / "runs.csv")
    confirm = runs[(runs.phase == "confirm") & (runs.trial > 0)].pivot_table(
        index="seed_index", columns="arm", values="dev_accuracy"
    )
    assert arms.loc["sgd", "difference"] == pytest.approx((confirm.sgd - confirm.adam).mean())
    assert arms.loc["adam", "mean"] == pytest.approx(confirm.adam.mean())
    assert pd.isna(arms.loc["adam", "difference"])


@pytest.mark.slow
def test_two_processes_give_the_same_bytes_as_one(undisturbed, study, tmp_path):
    run(study, tmp_path / "out", jobs=2)
    assert tables(tmp_path / "out") == tables(undisturbed)
    assert not multiprocessing.active_children()


def test_a_second_run_elsewhere_gives_the_same_bytes(undisturbed, study, tmp_path):
    run(study, tmp_path / "out")
    assert tables(tmp_path / "out") == tables(undisturbed)


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_other_samplers_are_reproducible_too(study, tmp_path, sampler):
    once, again = tmp_path / "once" / "out", tmp_path / "again" / "out"  # not neighbours, which warnings would name
    for out in (once, again):
        overrides = (f"search.sampler={sampler}", "search.batch=2", "search.trials=7", "confirm.seeds=1")
        run(study, out, overrides=overrides)
    assert tables(once) == tables(again)


def test_an_arm_that_always_fails_is_shown_and_stops_nobody(tmp_path):
    text = STUDY.replace('{ name = "adam", search = ["lr"] }', '"raising", "adam"')
    summary = run(write_study(tmp_path, text), tmp_path / "out")
    assert summary.failed == 1
    arms = pd.read_csv(tmp_path / "out" / "tables" / "arms.csv").set_index("arm")
    assert arms.loc["raising", ["ok", "n", "trials"]].tolist() == [0, 0, 1]
    assert arms.loc["adam", ["ok", "n"]].tolist() == [3, 3]
    runs = pd.read_csv(tmp_path / "out" / "tables" / "runs.csv")
    assert runs[runs.arm == "raising"].reason.tolist() == ["RuntimeError: raised after 3 steps"]


@pytest.mark.slow
def test_a_run_that_kills_its_worker_is_a_failed_record_and_spares_the_others(tmp_path):
    text = STUDY.replace('{ name = "adam", search = ["lr"] }', '"deadly", { name = "adam", search = ["lr"] }')
    study, out = write_study(tmp_path, text), tmp_path / "out"
    with pytest.raises(RunsLostError, match=r"a run was lost: search of deadly, trial 0 at seed 0: its worker "):
        run(study, out, jobs=2)
    assert {record.arm for record in Results.of(ResultFolder(out)).records.values()} == {"sgd", "adam"}
    summary = run(study, out, jobs=2)
    reasons = {record.arm: record.reason for record in summary.results.records.values() if record.reason}
    assert list(reasons) == ["deadly"]
    assert reasons["deadly"].startswith("its worker process ended with exit code ")
    assert summary.failed == 1
    assert sum(not record.reason for record in summary.results.records.values()) == 25  # its defaults are selected too


@pytest.mark.slow
def test_one_process_is_spared_as_well(tmp_path):
    text = STUDY.replace('{ name = "adam", search = ["lr"] }', '"deadly"')
    study = write_study(tmp_path, text)
    with pytest.raises(RunsLostError):
        run(study, tmp_path / "out", jobs=1)
    summary = run(study, tmp_path / "out", jobs=1)
    assert [record.arm for record in summary.results.records.values() if record.reason] == ["deadly"]
    assert not multiprocessing.active_children()


def test_the_shortlist_holds_different_configurations(tmp_path):
    text = STUDY.replace('"sgd", search = ["lr", "nesterov"]', '"sgd", search = ["nesterov"]')
    run(write_study(tmp_path, text), tmp_path / "out")
    runs = pd.read_csv(tmp_path / "out" / "tables" / "runs.csv")
    again = runs[(runs.phase == "select") & (runs.arm == "sgd")]
    assert again.fingerprint.nunique() == len(again) == 2


def test_records_say_which_code_ran(undisturbed):
    line = json.loads((undisturbed / "records.jsonl").read_text().splitlines()[0])
    assert set(line["components"]) == set(CHOICES)
    assert line["components"]["optimiser"]["plugin"] == "built_in"
    environments = json.loads((undisturbed / "environment.json").read_text())
    assert set(environments) == {line["environment"]}
    assert environments[line["environment"]]["packages"]["torch"]
    assert TINY in environments[line["environment"]]["plugins"]


def test_the_study_is_kept_as_given_and_as_resolved(undisturbed):
    assert (undisturbed / "study.toml").read_text() == STUDY
    resolved = json.loads((undisturbed / "study.json").read_text())
    assert resolved["arms"]["adam"]["space"] == {
        "optimiser.adam.lr": {"low": 1e-4, "high": 1e-2, "scale": "log", "integer": False}
    }
    assert resolved["arms"]["sgd"]["space"]["optimiser.sgd.nesterov"] == {"options": [False, True]}
    assert resolved["problem"]["digest"] == TINY_DIGEST


def test_a_trial_is_made_a_configuration_once_however_many_batches_there_are(study, tmp_path, monkeypatch):
    made = []
    real = Arm.configuration
    monkeypatch.setattr(Arm, "configuration", lambda arm, params: (made.append(arm.name), real(arm, params))[1])
    run(study, tmp_path / "out", overrides=("search.sampler=tpe", "search.batch=1"))
    assert Counter(made) == {"adam": 1 + 4, "sgd": 1 + 4}  # the plan looks at the defaults once

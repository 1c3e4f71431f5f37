"""The searches as Optuna studies: what the records say, in Optuna's words, and nobody's but the caller's."""

from __future__ import annotations

import optuna
import pytest

import harness
from harness.records.folder import ResultFolder
from harness.records.results import Results

from support.studies import STUDY, WIDENING, run, write_study


@pytest.fixture
def out(finished, tmp_path):
    return finished(tmp_path / "out")


def test_each_arm_has_its_trials_as_the_journal_has_them(out):
    found = harness.results(out).searches
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(out / "journal.log")))
    assert list(found) == ["adam", "sgd"]
    for arm, study in found.items():
        kept = optuna.load_study(study_name=arm, storage=storage)
        assert study.direction == kept.direction
        for mine, theirs in zip(study.trials, kept.trials, strict=True):
            assert (mine.number, mine.state, mine.value) == (theirs.number, theirs.state, theirs.value)
            assert mine.params == pytest.approx(theirs.params) or mine.number == 0, "defaults may lie outside"
        assert study.best_value == kept.best_value


def test_optuna_s_own_measures_and_plots_work_on_them(out):
    study = harness.results(out).searches["sgd"]
    assert study.trials_dataframe()["user_attrs_dev_accuracy"].tolist() == [each.value for each in study.trials]
    assert all(trial.user_attrs["seconds"] > 0 for trial in study.trials)
    assert all(trial.user_attrs["processor_seconds"] > 0 for trial in study.trials)
    assert set(optuna.importance.get_param_importances(study)) == {"optimiser.sgd.lr", "optimiser.sgd.nesterov"}


def test_what_is_done_with_one_changes_nothing(out):
    before = (out / "journal.log").read_bytes(), (out / "records.jsonl").read_bytes()
    results = harness.results(out)
    study = results.searches["adam"]
    study.tell(study.ask(), 1.0)
    assert len(results.searches["adam"].trials) == len(study.trials) - 1
    assert ((out / "journal.log").read_bytes(), (out / "records.jsonl").read_bytes()) == before


def test_a_study_without_a_journal_has_them_too_and_what_failed_is_a_failed_trial(tmp_path):
    text = STUDY.replace('{ name = "adam", search = ["lr"] }', '"raising"').replace("trials = 4", "trials = 3")
    run(write_study(tmp_path, text), tmp_path / "out", storage=f"sqlite:///{tmp_path}/there.db")
    found = harness.results(tmp_path / "out").searches
    [trial] = found["raising"].trials
    assert trial.state == optuna.trial.TrialState.FAIL
    assert trial.user_attrs["reason"] == "RuntimeError: raised after 3 steps"
    assert len(found["sgd"].trials) == 3


def test_rounds_of_widening_go_on_in_the_arm_s_study_within_its_widened_ranges(tmp_path):
    run(write_study(tmp_path, WIDENING), tmp_path / "out")
    results = Results.of(ResultFolder(tmp_path / "out"))
    study = harness.results(tmp_path / "out").searches["sgd"]
    searched = sum(record.phase == "search" and record.arm == "sgd" for record in results.records.values())
    assert len(study.trials) == searched > 9
    within = study.trials[-1].distributions["optimiser.sgd.lr"]
    widened = results.ranges("sgd")["optimiser.sgd.lr"]
    assert within.low <= widened.low
    assert within.high >= widened.high > 0.004
    assert {trial.user_attrs["round"] for trial in study.trials} == {0, 1, 2, 3}


def test_repeats_are_studies_of_their_own(tmp_path):
    text = (
        STUDY.replace("[search]", "[search]\nrepeats = 6")
        .replace("trials = 4", "trials = 2")
        .replace("seeds = 3", "seeds = 6")
    )
    run(write_study(tmp_path, text), tmp_path / "out")
    found = harness.results(tmp_path / "out").searches
    assert list(found) == [f"{arm}, repeat {repeat}" for arm in ("adam", "sgd") for repeat in range(6)]
    assert {len(study.trials) for study in found.values()} == {2}


def test_a_search_with_several_objectives_is_a_study_with_several(tmp_path):
    run(write_study(tmp_path, STUDY.replace("[search]", '[search]\nobjectives = ["dev_loss"]')), tmp_path / "out")
    results = harness.results(tmp_path / "out")
    study = results.searches["adam"]
    assert [direction.name for direction in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    front = results.pareto.query("arm == 'adam' and front_of_arm")
    assert sorted(trial.number for trial in study.best_trials) == sorted(front["trial"])

"""A study in a folder that is there already: it goes on, is extended, or is refused."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

import harness
from harness.errors import ResultError
from harness.records.folder import ResultFolder
from harness.records.record import Record
from harness.study.configuration import Configuration

from support.studies import STUDY, run, tables, write_study


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_study(tmp_path)


def test_a_finished_study_does_nothing(study, tmp_path):
    assert run(study, tmp_path / "out").new == 25
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.jsonl")}
    assert run(study, tmp_path / "out").new == 0
    assert before == {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.jsonl")}


@pytest.mark.parametrize("kept", [0, 1, 5, 9, 13, 17, 24])
def test_a_folder_with_some_of_its_records_goes_on_from_there(undisturbed, finished, study, tmp_path, kept):
    finished(tmp_path / "out")
    records = tmp_path / "out" / "records.jsonl"
    lines = records.read_bytes().splitlines(keepends=True)
    records.write_bytes(b"".join(lines[:kept]) + lines[kept][: len(lines[kept]) // 2])
    (tmp_path / "out" / "journal.log").unlink()
    assert run(study, tmp_path / "out").new == 25 - kept
    assert tables(tmp_path / "out") == tables(undisturbed)


@pytest.mark.parametrize("objective", ["dev_loss", "seconds"])
def test_a_search_with_several_objectives_goes_on_from_its_records(tmp_path, objective):
    learning = f"""[search]\nsampler = "tpe"\nbatch = 2\nobjectives = ["{objective}"]"""
    study, out = write_study(tmp_path, STUDY.replace("[search]", learning)), tmp_path / "out"
    run(study, out)
    expected, lines = tables(out, ("pareto", "trials")), (out / "records.jsonl").read_bytes().splitlines(keepends=True)
    (out / "journal.log").unlink()
    assert run(study, out).new == 0
    assert tables(out, ("pareto", "trials")) == expected
    if objective != "seconds":  # whose trials are others where they take another time
        (out / "records.jsonl").write_bytes(b"".join(lines[:5]))
        assert run(study, out).new == len(lines) - 5
        assert tables(out, ("pareto", "trials")) == expected


def test_a_search_by_seconds_that_an_older_version_began_is_told_wall_time_to_its_end(tmp_path):
    learning = """[search]\nsampler = "tpe"\nbatch = 2\nobjectives = ["seconds"]"""
    study, out = write_study(tmp_path, STUDY.replace("[search]", learning)), tmp_path / "out"
    run(study, out)
    assert set(pd.read_csv(out / "tables" / "pareto.csv").clock) == {"processor"}
    lines = [json.loads(line) for line in (out / "records.jsonl").read_text().splitlines()]
    old = {**lines[0], "format": 3}
    del old["processor_seconds"]
    (out / "records.jsonl").write_text("".join(json.dumps(line) + "\n" for line in [old, *lines[1:2]]))
    (out / "journal.log").unlink()
    run(study, out)
    found = pd.read_csv(out / "tables" / "pareto.csv")
    assert set(found.clock) == {"wall"}
    records = [json.loads(line) for line in (out / "records.jsonl").read_text().splitlines()]
    told = harness.results(out).searches["adam"].trials
    assert [trial.values[1] for trial in told] == [
        record["seconds"]["training"] for record in records if (record["arm"], record["phase"]) == ("adam", "search")
    ]
    journal = (out / "journal.log").read_text()
    assert all(repr(trial.values[1]) in journal for trial in told), "as Optuna was told"


@pytest.mark.parametrize("journal", [True, False])
@pytest.mark.parametrize("lost", [0, 3])
def test_a_lost_record_is_made_again_whatever_optuna_was_told(undisturbed, finished, study, tmp_path, journal, lost):
    out = finished(tmp_path / "out")
    lines = (out / "records.jsonl").read_text().splitlines(keepends=True)
    del lines[lost]
    (out / "records.jsonl").write_text("".join(lines))
    if not journal:
        (out / "journal.log").unlink()
    assert run(study, out).new == 1
    assert tables(out) == tables(undisturbed)


@pytest.mark.slow
def test_more_seeds_more_trials_and_another_arm_may_be_added(undisturbed, finished, study, tmp_path):
    out = tmp_path / "out"
    finished(out)
    assert run(study, out, overrides=("confirm.seeds=5",)).new == 2 * 4
    third = STUDY.replace("optimiser = [", 'optimiser = [{ name = "adagrad", search = ["lr"] }, ')
    third = third.replace("seeds = 3", "seeds = 5")
    summary = run(write_study(tmp_path, third, "third.toml"), out)
    assert summary.new == 4 + (2 + 1) + 2 * 5  # the defaults run beside the two that are selected
    more = write_study(tmp_path, third.replace("trials = 4", "trials = 7"), "more.toml")
    assert run(more, out).new >= 9
    assert run(more, tmp_path / "fresh").new > 0
    # The other tables also show the runs of trials that were once among the best.
    assert tables(out, ("arms",)) == tables(tmp_path / "fresh", ("arms",))
    assert [record.trial for record in summary.results.records.values() if record.phase == "search"].count(0) == 3


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        ("epochs     = 2", "epochs = 3", "training.epochs: was 2, now 3"),
        ("trials = 4", 'trials = 4\nobjectives = ["seconds"]', "search.objectives: was [], now ['seconds']"),
        ("trials = 4", "trials = 3", "search.trials: was 4, now 3"),
        ("seeds = 3", "seeds = 2", "confirm.seeds: was 3, now 2"),
        ('metric   = "dev_accuracy"', 'metric = "dev_loss"', "metric: was 'dev_accuracy', now 'dev_loss'"),
        ('"sgd", search = ["lr", "nesterov"]', '"sgd", search = ["lr"]', "arms.sgd.space.optimiser.sgd.nesterov"),
        ('"adam", search', '"adagrad", search', "arms.adam: was present, now absent"),
        ('"adam", search', '"adam", beta1 = 0.5, search', "arms.adam.defaults.optimiser.adam.beta1: was 0.9, now 0.5"),
    ],
)
def test_a_changed_study_is_refused_with_what_differs(finished, tmp_path, old, new, difference):
    finished(tmp_path / "out")
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert old in STUDY
    changed = write_study(tmp_path, STUDY.replace(old, new), "changed.toml")
    with pytest.raises(
        ResultError, match="holds the results of another study; choose another folder with --out, or take back:"
    ) as error:
        run(changed, tmp_path / "out")
    assert f"  {difference}" in str(error.value)
    assert before == {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}


def test_a_changed_file_under_a_hyperparameter_is_refused(tmp_path):
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("row1 1 2 3 4\n")
    embedding = f'embedding = {{ name = "pretrained", path = "{vectors}" }}\n'
    study = write_study(tmp_path, STUDY.replace("[choices]\n", "[choices]\n" + embedding))
    run(study, tmp_path / "out")
    vectors.write_text("row1 1 2 3 5\n")
    with pytest.raises(ResultError, match=re.escape(f"arms.adam.files.{vectors}: was ")):
        run(study, tmp_path / "out")


def test_another_question_and_baseline_may_be_asked_of_the_same_runs(finished, tmp_path):
    finished(tmp_path / "out")
    text = STUDY.replace("Which is better", "Is SGD better").replace(
        "[choices]", '[baseline]\noptimiser = "sgd"\n[choices]'
    )
    assert run(write_study(tmp_path, text, "other.toml"), tmp_path / "out").new == 0
    arms = pd.read_csv(tmp_path / "out" / "tables" / "arms.csv").set_index("arm")
    assert pd.isna(arms.loc["sgd", "difference"])


def test_tier_smallest_difference_and_traits_may_change_in_the_same_folder(finished, study, tmp_path):
    out = finished(tmp_path / "out")
    kept = json.loads((out / "study.json").read_text())
    traits = {"arms": {name: {**arm, "traits": {}} for name, arm in kept["arms"].items()}}
    (out / "study.json").write_text(json.dumps({**kept, **traits}))
    assert run(study, out).new == 0
    assert json.loads((out / "study.json").read_text()) == kept
    thorough = write_study(tmp_path, 'tier = "standard"\nsmallest_difference = 0.5\n' + STUDY, "thorough.toml")
    assert run(thorough, out).new == 0  # the numbers of trials and seeds are the file's own
    now = json.loads((out / "study.json").read_text())
    assert {name for name in now if now[name] != kept[name]} == {"tier", "smallest_difference"}


def test_a_budget_that_searches_more_is_refused_in_the_same_folder_and_says_why(finished, tmp_path):
    text = STUDY.replace('{ name = "adam", search = ["lr"] }', '"adam"')
    study, out = write_study(tmp_path, text), tmp_path / "out"
    run(study, out, overrides=("search.trials=3",))
    with pytest.raises(ResultError) as error:
        run(study, out, overrides=("search.trials=10",))
    assert str(error.value).splitlines() == [
        f"{out}: holds the results of another study; choose another folder with --out, or take back:",
        "  arms.adam.space.optimiser.adam.beta1: was absent, now present (search.trials was 3, is now 10: "
        "that changes how many are searched, unless search = [...] names them)",
    ]
    assert run(study, out).new > 0  # 4 trials afford what 3 do
    named, out = write_study(tmp_path, STUDY, "named.toml"), finished(tmp_path / "named")
    assert run(named, out, overrides=("search.trials=10",)).new > 0


def test_one_driver_at_a_time(study, tmp_path):
    folder = ResultFolder(tmp_path / "out")
    with folder.locked(), pytest.raises(ResultError, match="another harness run is writing here"):
        run(study, tmp_path / "out")


def test_records_of_another_configuration_are_never_taken_for_this_study(finished, study, tmp_path):
    out = finished(tmp_path / "out")
    (out / "study.json").unlink()
    other = write_study(tmp_path, STUDY.replace("hidden_dim    = 8", "hidden_dim = 9"), "other.toml")
    with pytest.raises(ResultError, match=r"has 'calls.jsonl' in it and no study.json, so it is not a result folder"):
        run(other, out)
    again = finished(tmp_path / "again")
    first, *others = (again / "records.jsonl").read_text().splitlines(keepends=True)
    recorded = Record.from_json(json.loads(first))
    wider = {**recorded.configuration, "model": {**recorded.configuration["model"], "hidden_dim": 9}}
    strange = replace(recorded, configuration=wider, fingerprint=Configuration.from_json(wider).fingerprint)
    (again / "records.jsonl").write_text("".join([strange.to_line() + "\n", *others]))
    with pytest.raises(ResultError, match=r"records.jsonl: the record of .* is of another configuration"):
        run(study, again)


def test_a_folder_of_the_users_is_left_alone(study, tmp_path):
    before = study.read_text()
    with pytest.raises(ResultError, match=r"has 'study.toml' in it and no study.json"):
        run(study, tmp_path)
    assert study.read_text() == before


def test_code_that_has_changed_since_is_named(finished, study, tmp_path):
    out = finished(tmp_path / "out")
    records = out / "records.jsonl"
    lines = [json.loads(line) for line in records.read_text().splitlines()]
    for line in lines:
        line["components"]["initialiser"]["source"] = "0" * 12
    records.write_text("".join(json.dumps(line) + "\n" for line in lines))
    console = Console(file=io.StringIO(), width=300)
    run(study, out, overrides=("confirm.seeds=4",), console=console)
    warning = "warning: initialiser 'xavier_uniform' is not the code that earlier runs in"
    assert console.file.getvalue().count(warning) == 1


def test_data_that_change_under_a_study_stop_it(study, tmp_path, monkeypatch):
    from harness.execution import job

    monkeypatch.setattr("harness.phases.protocol.remember_loaded", lambda *_: None)
    monkeypatch.setattr(job, "_LOADED", {})
    original = job.Job
    monkeypatch.setattr("harness.execution.driver.Job", lambda **named: original(**{**named, "digest": "other"}))
    with pytest.raises(ResultError, match="problem 'tiny' is not what it was when the study began"):
        run(study, tmp_path / "out")

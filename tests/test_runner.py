"""A study end to end: the same bytes however it is run, resumed, extended or refused."""

from __future__ import annotations

import io
import json
import multiprocessing
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from harness import seeds
from harness.errors import ResultError
from harness.folder import ResultFolder
from harness.space import Arm
from harness.stopwatch import ACTIVITIES
from harness.workload import make_cohorts

from conftest import TINY
from studies import STUDY, run, tables, write_study


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_study(tmp_path)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result folder of STUDY, run once with one process."""
    folder = tmp_path_factory.mktemp("undisturbed")
    run(write_study(folder), folder / "out")
    return folder / "out"


def test_phases_have_the_runs_they_should(undisturbed):
    runs = pd.read_csv(undisturbed / "tables" / "runs.csv")
    assert runs.groupby("phase").size().to_dict() == {"search": 8, "select": 4, "confirm": 12}
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
    assert console.file.getvalue().splitlines()[-1].startswith("confirm: 21 of 21 runs")  # 24 were expected
    assert run(write_study(tmp_path, STUDY + worse), tmp_path / "out").new == 0


def test_an_arm_without_anything_to_search_is_its_defaults_confirmed_once(tmp_path):
    text = STUDY.replace('"adam", search = ["lr"]', '"adam", search = []')
    console = Console(file=io.StringIO(), width=200)
    assert run(write_study(tmp_path, text), tmp_path / "out", console=console).new == (1 + 3) + (4 + 2 + 6)
    assert console.file.getvalue().startswith("search: 0 of 16 runs\n")


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
    shortlisted = adam[adam.tuning_n == 2]
    assert sorted(shortlisted.score) == sorted(adam.score.nlargest(2))
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


def test_a_finished_study_does_nothing(study, tmp_path):
    assert run(study, tmp_path / "out").new == 24
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.jsonl")}
    assert run(study, tmp_path / "out").new == 0
    assert before == {path: path.read_bytes() for path in (tmp_path / "out").rglob("*.jsonl")}


@pytest.mark.parametrize("kept", [0, 1, 5, 9, 13, 17, 23])
def test_a_folder_with_some_of_its_records_goes_on_from_there(undisturbed, study, tmp_path, kept):
    run(study, tmp_path / "out")
    records = tmp_path / "out" / "records.jsonl"
    lines = records.read_bytes().splitlines(keepends=True)
    records.write_bytes(b"".join(lines[:kept]) + lines[kept][: len(lines[kept]) // 2])
    (tmp_path / "out" / "journal.log").unlink()
    assert run(study, tmp_path / "out").new == 24 - kept
    assert tables(tmp_path / "out") == tables(undisturbed)


def test_more_seeds_more_trials_and_another_arm_may_be_added(undisturbed, study, tmp_path):
    out = tmp_path / "out"
    run(study, out)
    assert run(study, out, overrides=("confirm.seeds=5",)).new == 2 * 4
    third = STUDY.replace("optimiser = [", 'optimiser = [{ name = "adagrad", search = ["lr"] }, ')
    third = third.replace("seeds = 3", "seeds = 5")
    summary = run(write_study(tmp_path, third, "third.toml"), out)
    assert summary.new == 4 + 2 + 2 * 5
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
        ("trials = 4", "trials = 3", "search.trials: was 4, now 3"),
        ("seeds = 3", "seeds = 2", "confirm.seeds: was 3, now 2"),
        ('metric   = "dev_accuracy"', 'metric = "dev_loss"', "metric: was 'dev_accuracy', now 'dev_loss'"),
        ('"sgd", search = ["lr", "nesterov"]', '"sgd", search = ["lr"]', "arms.sgd.space.optimiser.sgd.nesterov"),
        ('"adam", search', '"adagrad", search', "arms.adam: was present, now absent"),
        ('"adam", search', '"adam", beta1 = 0.5, search', "arms.adam.defaults.optimiser.adam.beta1: was 0.9, now 0.5"),
    ],
)
def test_a_changed_study_is_refused_with_what_differs(study, tmp_path, old, new, difference):
    run(study, tmp_path / "out")
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


def test_another_question_and_baseline_may_be_asked_of_the_same_runs(study, tmp_path):
    run(study, tmp_path / "out")
    text = STUDY.replace("Which is better", "Is SGD better").replace(
        "[choices]", '[baseline]\noptimiser = "sgd"\n[choices]'
    )
    assert run(write_study(tmp_path, text, "other.toml"), tmp_path / "out").new == 0
    arms = pd.read_csv(tmp_path / "out" / "tables" / "arms.csv").set_index("arm")
    assert pd.isna(arms.loc["sgd", "difference"])


def test_tier_smallest_difference_and_traits_may_change_in_the_same_folder(study, tmp_path):
    out = tmp_path / "out"
    run(study, out)
    kept = json.loads((out / "study.json").read_text())
    traits = {"arms": {name: {**arm, "traits": {}} for name, arm in kept["arms"].items()}}
    (out / "study.json").write_text(json.dumps({**kept, **traits}))
    assert run(study, out).new == 0
    assert json.loads((out / "study.json").read_text()) == kept
    strict = write_study(tmp_path, 'tier = "strict"\nsmallest_difference = 0.5\n' + STUDY, "strict.toml")
    assert run(strict, out).new == 0  # the numbers of trials and seeds are the file's own
    now = json.loads((out / "study.json").read_text())
    assert {name for name in now if now[name] != kept[name]} == {"tier", "smallest_difference"}


def test_a_budget_that_searches_more_is_refused_in_the_same_folder_and_says_why(tmp_path):
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
    named = write_study(tmp_path, STUDY, "named.toml")
    assert run(named, tmp_path / "named", overrides=("search.trials=3",)).new > 0
    assert run(named, tmp_path / "named", overrides=("search.trials=10",)).new > 0


def test_one_driver_at_a_time(study, tmp_path):
    folder = ResultFolder(tmp_path / "out")
    with folder.locked(), pytest.raises(ResultError, match="another harness run is writing here"):
        run(study, tmp_path / "out")


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_other_samplers_are_reproducible_too(study, tmp_path, sampler):
    for name in ("a", "b"):
        run(study, tmp_path / name, overrides=(f"search.sampler={sampler}", "search.batch=2", "search.trials=7"))
    assert tables(tmp_path / "a") == tables(tmp_path / "b")


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
    summary = run(write_study(tmp_path, text), tmp_path / "out", jobs=2)
    reasons = {record.arm: record.reason for record in summary.results.records.values() if record.reason}
    assert reasons == {"deadly": "its worker process died (out of memory?)"}
    assert summary.failed == 1
    assert sum(not record.reason for record in summary.results.records.values()) == 24


@pytest.mark.slow
def test_one_process_is_spared_as_well(tmp_path):
    text = STUDY.replace('{ name = "adam", search = ["lr"] }', '"deadly"')
    summary = run(write_study(tmp_path, text), tmp_path / "out", jobs=1)
    assert [record.arm for record in summary.results.records.values() if record.reason] == ["deadly"]
    assert not multiprocessing.active_children()


@pytest.mark.parametrize("journal", [True, False])
@pytest.mark.parametrize("lost", [0, 3])
def test_a_lost_record_is_made_again_whatever_optuna_was_told(undisturbed, study, tmp_path, journal, lost):
    out = tmp_path / "out"
    run(study, out)
    lines = (out / "records.jsonl").read_text().splitlines(keepends=True)
    del lines[lost]
    (out / "records.jsonl").write_text("".join(lines))
    if not journal:
        (out / "journal.log").unlink()
    assert run(study, out).new == 1
    assert tables(out) == tables(undisturbed)


def test_records_of_another_configuration_are_never_taken_for_this_study(study, tmp_path):
    out = tmp_path / "out"
    run(study, out)
    (out / "study.json").unlink()
    other = write_study(tmp_path, STUDY.replace("hidden_dim    = 8", "hidden_dim = 9"), "other.toml")
    with pytest.raises(ResultError, match=r"has 'calls.jsonl' in it and no study.json, so it is not a result folder"):
        run(other, out)
    again = tmp_path / "again"
    run(study, again)
    first, *others = (again / "records.jsonl").read_text().splitlines(keepends=True)
    strange = json.dumps({**json.loads(first), "fingerprint": "0" * 12}) + "\n"
    (again / "records.jsonl").write_text("".join([strange, *others]))
    with pytest.raises(ResultError, match=r"records.jsonl: the record of .* is of another configuration"):
        run(study, again)


def test_a_folder_of_the_users_is_left_alone(study, tmp_path):
    before = study.read_text()
    with pytest.raises(ResultError, match=r"has 'study.toml' in it and no study.json"):
        run(study, tmp_path)
    assert study.read_text() == before


def test_code_that_has_changed_since_is_named(study, tmp_path):
    out = tmp_path / "out"
    run(study, out)
    records = out / "records.jsonl"
    lines = [json.loads(line) for line in records.read_text().splitlines()]
    for line in lines:
        line["components"]["initialiser"]["source"] = "0" * 12
    records.write_text("".join(json.dumps(line) + "\n" for line in lines))
    console = Console(file=io.StringIO(), width=300)
    run(study, out, overrides=("confirm.seeds=4",), console=console)
    warning = "warning: initialiser 'xavier_uniform' is not the code that earlier runs in"
    assert console.file.getvalue().count(warning) == 1


def test_the_shortlist_holds_different_configurations(tmp_path):
    text = STUDY.replace('"sgd", search = ["lr", "nesterov"]', '"sgd", search = ["nesterov"]')
    run(write_study(tmp_path, text), tmp_path / "out")
    runs = pd.read_csv(tmp_path / "out" / "tables" / "runs.csv")
    again = runs[(runs.phase == "select") & (runs.arm == "sgd")]
    assert again.fingerprint.nunique() == len(again) == 2


def test_data_that_change_under_a_study_stop_it(study, tmp_path, monkeypatch):
    from harness import executors

    monkeypatch.setattr("harness.runner.furnish", lambda *_: None)
    monkeypatch.setattr(executors, "_WORKPLACES", {})
    original = executors.Job
    monkeypatch.setattr("harness.driver.Job", lambda **named: original(**{**named, "digest": "other"}))
    with pytest.raises(ResultError, match="problem 'tiny' is not what it was when the study began"):
        run(study, tmp_path / "out")


def test_records_say_which_code_ran(undisturbed):
    line = json.loads((undisturbed / "records.jsonl").read_text().splitlines()[0])
    assert set(line["components"]) == {"embedding", "initialiser", "optimiser", "dropout"}
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
    assert resolved["problem"]["digest"] == "tiny-0-300"


def calls(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "calls.jsonl").read_text().splitlines()]


def test_every_call_that_made_runs_leaves_a_line_and_a_row(study, tmp_path):
    out = tmp_path / "out"
    run(study, out)
    run(study, out)  # nothing to do: nothing to tell
    [first] = calls(out)
    with (out / "calls.jsonl").open("a") as file:
        file.write('{"jobs": 0, "new_')
    run(study, out, overrides=("confirm.seeds=4",))
    assert calls(out)[0] == first
    assert [(each["jobs"], each["new_runs"]) for each in calls(out)] == [(0, 24), (0, 4)]
    assert {each["environment"] for each in calls(out)} == set(json.loads((out / "environment.json").read_text()))
    for seconds in (each["seconds"] for each in calls(out)):
        assert list(seconds) == [*ACTIVITIES, "wall"]
        assert seconds["importing"] == 0  # only the command line imports late
        assert min(value for name, value in seconds.items() if name != "importing") > 0
        assert sum(seconds[name] for name in ACTIVITIES) <= seconds["wall"]
    # In this process, waiting for the workers is the runs' own work and hardly more.
    timing = pd.read_csv(out / "tables" / "timing.csv")
    worked = timing[["starting_seconds", "training_seconds", "evaluation_seconds"]].sum().sum()
    drivers = timing[timing.phase == "driver"]
    assert worked <= drivers.waiting_seconds.sum() < drivers.wall_seconds.sum()
    assert drivers.wall_seconds.tolist() == [each["seconds"]["wall"] for each in calls(out)]
    assert len(timing) == 28 + 2


def test_a_folder_from_before_there_were_calls_goes_on(undisturbed, study, tmp_path):
    out = tmp_path / "out"
    run(study, out)
    (out / "calls.jsonl").unlink()
    assert run(study, out).new == 0
    assert not (out / "calls.jsonl").exists()
    assert "driver" not in (out / "tables" / "timing.csv").read_text()
    assert tables(out) == tables(undisturbed)
    run(study, out, overrides=("confirm.seeds=4",))
    assert [each["new_runs"] for each in calls(out)] == [4]


def test_a_call_that_is_interrupted_leaves_no_line_and_the_next_one_does(study, tmp_path, monkeypatch):
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr("harness.progress.Progress.add", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run(study, out)
    assert not (out / "calls.jsonl").exists()
    run(study, out)
    assert [each["new_runs"] for each in calls(out)] == [23]


def test_a_trial_is_made_a_configuration_once_however_many_batches_there_are(study, tmp_path, monkeypatch):
    made = []
    real = Arm.configuration
    monkeypatch.setattr(Arm, "configuration", lambda arm, params: (made.append(arm.name), real(arm, params))[1])
    run(study, tmp_path / "out", overrides=("search.sampler=tpe", "search.batch=1"))
    assert Counter(made) == {"adam": 1 + 4, "sgd": 1 + 4}  # the plan looks at the defaults once


def test_progress_without_a_terminal_is_plain_lines(study, tmp_path):
    console = Console(file=io.StringIO(), force_terminal=False, width=200)
    run(study, tmp_path / "out", console=console)
    lines = console.file.getvalue().splitlines()
    assert lines[0] == "search: 0 of 24 runs"
    assert re.fullmatch(
        r"select: 8 of 24 runs( · about \d+ s left)? · best dev_accuracy \d+(\.\d+)? \((adam|sgd)\)", lines[1]
    )
    assert re.fullmatch(r"confirm: 24 of 24 runs · best dev_accuracy \d+(\.\d+)? \((adam|sgd)\)", lines[-1])


def test_progress_on_a_terminal_shows_a_bar(study, tmp_path):
    console = Console(file=io.StringIO(), force_terminal=True, width=200)
    run(study, tmp_path / "out", console=console)
    assert "confirm 24/24 runs" in console.file.getvalue()


@pytest.mark.parametrize("width", [50, 80, 120])
def test_a_narrow_terminal_cuts_the_note_and_never_the_count(tmp_path, width):
    text = STUDY.replace('"adam", search', '"adam", beta1 = 0.5, search').replace(
        "optimiser = [{", 'optimiser = [{ name = "adam", beta1 = 0.123456789, search = ["lr"] }, {'
    )
    console = Console(file=io.StringIO(), force_terminal=True, width=width)
    run(write_study(tmp_path, text), tmp_path / "out", console=console)
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue()).replace("\r", "\n").splitlines()
    counted = [line for line in lines if line.strip()]
    assert all(re.match(r"(search|select|confirm) +\d+/36 runs", line) for line in counted)
    assert max(map(len, counted)) <= width


def test_a_study_whose_arm_failed_ends_its_count_too(tmp_path):
    text = STUDY.replace('{ name = "adam", search = ["lr"] }', '"raising", "adam"')
    console = Console(file=io.StringIO(), width=200)
    run(write_study(tmp_path, text), tmp_path / "out", console=console)
    last = console.file.getvalue().splitlines()[-1]
    done, total = re.match(r"confirm: (\d+) of (\d+) runs", last).groups()
    assert done == total


def test_cohorts_share_their_seed_index_and_leave_no_worker_idle(registry, tiny):
    class Asked:
        def __init__(self, seed_index):
            from test_training import configure

            self.seed_index, self.configuration = seed_index, configure(registry)

    requests = [Asked(index) for index in (0, 0, 0, 0, 0, 1, 1)]
    grouped = make_cohorts(requests, workers=2)
    assert sorted(request for cohort in grouped for request in [id(each) for each in cohort]) == sorted(
        map(id, requests)
    )
    assert all(len({each.seed_index for each in cohort}) == 1 for cohort in grouped)
    assert max(map(len, grouped)) <= 4
    assert len(make_cohorts(requests[:2], workers=2)) == 2

"""A folder goes on with a changed program: recorded runs are made again, and tell whether the change did nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.errors import ResultError
from harness.phases.claiming import _proof
from harness.records.folder import ResultFolder
from harness.records.results import Results
from harness.study.configuration import Configuration
from harness.study.format import FORMAT

from support import by_hand
from support.studies import STUDY, call, run, tables, write_study

OLD_KEYS = ("format", "seed_namespace", "confirmation_seed", "accepted")


def aged(folder: Path, *choices: str) -> Path:
    """The folder as a version wrote it that knew no format numbers, nor these choices."""
    study = {k: v for k, v in json.loads((folder / "study.json").read_text()).items() if k not in OLD_KEYS}
    study["problem"]["digest"] = "of files and code"
    records = [json.loads(line) for line in (folder / "records.jsonl").read_text().splitlines()]
    for choice in choices:
        for arm in study["arms"].values():
            arm["defaults"] = {k: v for k, v in arm["defaults"].items() if k.partition(".")[0] != choice}
        for record in records:
            del record["configuration"]["choices"][choice], record["components"][choice]
    for record in records:
        del record["format"]
        record["fingerprint"] = Configuration.from_json(record["configuration"]).fingerprint
    (folder / "study.json").write_text(json.dumps(study))
    (folder / "records.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    return folder


@pytest.fixture
def old(finished, tmp_path) -> Path:
    """The folder of STUDY, from before learning-rate schedules and regularisers; its confirmation had another seed."""
    return aged(finished(tmp_path / "out"), "lr_schedule", "regularisers")


def said(study: Path, out: Path, *overrides: str) -> tuple[str, int]:
    """What a call says on stderr, and how many runs it made."""
    console = Console(file=io.StringIO(), width=1000)
    summary = run(study, out, overrides=overrides, console=console)
    return console.file.getvalue(), summary.new


def accepted(out: Path) -> list[dict[str, Any]]:
    return json.loads((out / "study.json").read_text()).get("accepted", [])


def test_an_old_folder_goes_on_once_a_run_of_it_gave_the_same_numbers(old, tmp_path):
    study = write_study(tmp_path, STUDY)
    before = (old / "records.jsonl").read_text()
    lines, made = said(study, old)
    assert made == 0
    assert (old / "records.jsonl").read_text() == before
    first = json.loads(before.splitlines()[0])
    value = first["curve"][-1]["dev_accuracy"]
    what = f"search of {first['arm']}, trial {first['trial']} at seed 0"
    assert (
        f"{old} goes on, though its data are known by their content now and lr_schedule = constant, "
        f"regularisers = none came later: made again, {what}: dev_accuracy {value}, now {value}\n"
    ) in lines
    written = json.loads((old / "study.json").read_text())
    assert written["accepted"] == [{
        "digest": "of files and code", "added": {"lr_schedule": "constant", "regularisers": "none"},
        "remade": [{"run": what, "recorded": value, "again": value}],
    }]  # fmt: skip
    assert (written["format"], written["confirmation_seed"]) == (FORMAT, 0)
    lines, made = said(study, old)
    assert "goes on" not in lines
    assert (made, json.loads((old / "study.json").read_text())) == (0, written)


def test_more_seeds_and_more_trials_are_added_at_the_draws_that_the_folder_has_always_had(old, tmp_path):
    study = write_study(tmp_path, STUDY)
    assert said(study, old, "confirm.seeds=5")[1] == 2 * 4
    new = [json.loads(line) for line in (old / "records.jsonl").read_text().splitlines()][-8:]
    assert {record["format"] for record in new} == {FORMAT}
    assert all({"lr_schedule", "regularisers"} <= record["configuration"]["choices"].keys() for record in new)
    assert said(study, old, "confirm.seeds=5", "search.trials=6")[1] >= 4
    results = Results.of(ResultFolder(old))
    assert results.study.confirmation_seed == results.study.seed == 0
    assert [each.trial for each in results.ordered if (each.phase, each.arm) == ("search", "adam")] == [*range(6)]
    assert tables(old, ("arms",))["arms"].count(b"\n") == 3


def test_it_is_unsealed_as_it_is(old):
    done = call("unseal", str(old), "--jobs", "0")
    assert "goes on, though" in done.stderr
    assert "did not end with the dev" in done.stderr  # these confirmation runs were made at another seed
    assert len(accepted(old)) == 1
    assert len((old / "ledger.jsonl").read_text().splitlines()) == 1


def test_other_numbers_are_refused_with_how_far_they_are_apart(old, tmp_path):
    lines = (old / "records.jsonl").read_text().splitlines()
    first = json.loads(lines[0])
    value = first["curve"][-1]["dev_accuracy"]
    first["curve"][-1]["dev_accuracy"] = value + 1
    (old / "records.jsonl").write_text("\n".join([json.dumps(first), *lines[1:], ""]))
    before = {path: path.read_bytes() for path in old.rglob("*") if path.is_file()}
    with pytest.raises(ResultError) as error:
        run(write_study(tmp_path, STUDY), old)
    assert str(error.value) == (
        f"{old}: this version makes other runs: search of {first['arm']}, trial {first['trial']} at seed 0, had "
        f"dev_accuracy {value + 1}, made again it has {value}; data, code or machine have changed; go on with the "
        "versions that environment.json and its records name, or begin again in another folder with --out"
    )
    assert before == {path: path.read_bytes() for path in old.rglob("*") if path.is_file()}


@pytest.mark.parametrize(("off", "goes_on"), [(1e-6, True), (1e-4, False)])
def test_on_another_machine_the_last_digits_may_differ_and_no_others(old, tmp_path, off, goes_on):
    lines = (old / "records.jsonl").read_text().splitlines()
    first = json.loads(lines[0])
    first["curve"][-1]["dev_loss"] *= 1 + off
    (old / "records.jsonl").write_text("\n".join([json.dumps(first), *lines[1:], ""]))
    study = write_study(tmp_path, STUDY)
    with pytest.raises(ResultError, match="had dev_loss"):
        run(study, old)
    environments = json.loads((old / "environment.json").read_text())
    for each in environments.values():
        each["processor"] = "An abacus"
    (old / "environment.json").write_text(json.dumps(environments))
    if goes_on:
        assert run(study, old).new == 0
    else:
        with pytest.raises(ResultError, match=r"have changed \(processor: An abacus \(there\), .* \(here\)\); go on"):
            run(study, old)


def test_a_run_that_fails_now_is_other_numbers_too(old, tmp_path, monkeypatch):
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("gone")

    monkeypatch.setattr("harness.training.run.build_learner", broken)
    with pytest.raises(ResultError, match="made again it fails: RuntimeError: gone; data, code or"):
        run(write_study(tmp_path, STUDY), old)


def test_where_no_run_finished_nothing_can_show_it(old, tmp_path):
    lines = [json.loads(line) for line in (old / "records.jsonl").read_text().splitlines()]
    (old / "records.jsonl").write_text("".join(json.dumps(each | {"reason": "x"}) + "\n" for each in lines))
    with pytest.raises(ResultError, match="none of its runs finished, so nothing shows that its data are still the"):
        run(write_study(tmp_path, STUDY), old)
    (old / "records.jsonl").write_text("")
    (old / "journal.log").unlink()
    assert run(write_study(tmp_path, STUDY), old).new > 0  # nothing was there that could be another's


def test_a_choice_that_came_later_must_stay_at_its_default(old, tmp_path):
    text = STUDY.replace("[model]", 'regularisers = { name = "l2", strength = 1e-3 }\n\n[model]')
    with pytest.raises(ResultError) as error:
        run(write_study(tmp_path, text), old)
    assert str(error.value).splitlines() == [
        f"{old}: holds the results of another study; choose another folder with --out, or take back:",
        *(f"  arms.{arm}.fixed.regularisers.l2.strength: was absent, now 0.001" for arm in ("adam", "sgd")),
    ]
    with pytest.raises(ResultError, match=r"arms\.adam\.defaults\.regularisers: was absent, now 'max_norm'"):
        run(write_study(tmp_path, STUDY.replace("[model]", 'regularisers = "max_norm"\n\n[model]')), old)


PLUGIN = '''
import harness
import torch

@harness.hookimpl
def register_optimisers(register):
    register("mine", mine, space={"lr": harness.log(1e-3, 1e-1)})

def mine(model, *, lr: float = 0.01) -> torch.optim.Optimizer:
    """SGD of our own."""
    return torch.optim.SGD(model.parameters(), lr=lr)
'''
MINE = STUDY.replace('{ name = "sgd", search = ["lr", "nesterov"] }', '"mine"')


def later(push: float) -> str:
    """The plugin as it is when its optimiser has one more hyperparameter, with this default."""
    wider = PLUGIN.replace("lr: float = 0.01)", f"lr: float = 0.01, push: float = {push})")
    return wider.replace("lr=lr)", "lr=lr, momentum=push)")


@pytest.fixture
def mine(tmp_path) -> Callable[..., str]:
    """A function that writes the plugin, runs MINE with it, and gives what that says on stderr."""

    def go(text: str, *words: str, code: int = 0) -> str:
        path = tmp_path / "mine.py"
        path.write_text(text)
        write_study(tmp_path, MINE)
        options = ("--out", str(tmp_path / "out"), "--jobs", "0", "--plugin", str(path))
        return call("run", str(tmp_path / "study.toml"), *options, *words, code=code).stderr

    return go


@pytest.mark.usefixtures("blank_reports")
def test_a_hyperparameter_that_comes_later_and_changes_nothing_makes_no_other_study(mine, tmp_path):
    mine(PLUGIN)
    out = tmp_path / "out"
    told = mine(later(0.0), "--set", "confirm.seeds=4")
    assert "goes on, though optimiser.mine.push = 0.0 came later: made again, search of mine, trial 0 at seed 0" in told
    (entry,) = accepted(out)
    assert (entry["digest"], entry["added"]) == ("", {"optimiser.mine.push": 0.0})
    results = Results.of(ResultFolder(out))
    runs = list(results.confirmed("mine").values())
    assert [dict(run.configured()["optimiser"].values).get("push") for run in runs] == [None, None, None, 0.0]
    assert len({run.score(results.metric) for run in runs}) > 1
    assert "goes on" not in mine(later(0.0), "--set", "confirm.seeds=4", "--set", "search.trials=6")
    assert len(accepted(out)) == 1
    # Its default is part of the study now.
    refused = mine(later(0.5), code=2)
    assert "arms.mine.defaults.optimiser.mine.push: was 0.0, now 0.5" in refused


@pytest.mark.usefixtures("blank_reports")
def test_a_hyperparameter_that_comes_later_and_changes_numbers_does(mine, tmp_path):
    mine(PLUGIN)
    before = (tmp_path / "out" / "study.json").read_bytes()
    refused = mine(later(0.9), code=2)
    assert "this version makes other runs: search of mine, trial 0 at seed 0, had" in refused
    assert (tmp_path / "out" / "study.json").read_bytes() == before


def test_what_came_later_is_shown_by_as_few_runs_as_name_it():
    runs = [by_hand.record("search", "adam", trial, 0, 70.0) for trial in range(4)]
    lacking = {runs[1].key: {"a": 1, "b": 1}, runs[2].key: {"a": 1}, runs[3].key: {"c": 1}}
    assert _proof(runs, lacking, {"a": 1, "b": 1, "c": 1, "d": 1}) == [runs[1], runs[3]]
    assert _proof(runs, {}, {}) == [runs[0]]
    assert _proof([], lacking, {"a": 1}) == []

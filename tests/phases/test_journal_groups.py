"""Optuna's journal follows the records in groups, and no crash between two writes changes what comes out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import InMemoryStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend

from harness.phases.arm_search import ArmSearch
from harness.phases.journal import Journal, grouped
from harness.records.folder import ResultFolder

from support.studies import STUDY, run, tables, write_study

TPE = STUDY.replace("[search]", '[search]\nsampler = "tpe"\nbatch = 3')


class Crash(BaseException):
    """The driver dies here; nothing may catch it."""


def trials(storage: Any) -> list[tuple[int, str, float | None, dict[str, Any]]]:
    study = optuna.load_study(study_name="s", storage=storage)
    return [(each.number, each.state.name, each.value, each.params) for each in study.get_trials()]


def filled(storage: Any, count: int = 3) -> None:
    """A study whose trials are told, but for the last one."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = optuna.samplers.RandomSampler(seed=0)
    study = optuna.create_study(study_name="s", storage=storage, sampler=sampler)
    for number in range(count):
        trial = study.ask()
        trial.suggest_float("x", 0, 1)
        trial.suggest_categorical("y", ["a", "b"])
        if number < count - 1:
            study.tell(trial, float(number))


def test_a_group_is_one_write_and_one_sync_and_is_seen_at_once(tmp_path, monkeypatch):
    path = tmp_path / "journal.log"
    storage = JournalStorage(Journal(path))
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(path.read_bytes().count(b"\n")))
    with grouped(storage):
        filled(storage)
        seen = trials(storage)
        assert path.read_bytes() == b""
        assert synced == []
    [lines] = synced
    assert lines == path.read_bytes().count(b"\n") > 10
    assert [each[:3] for each in seen] == [(0, "COMPLETE", 0.0), (1, "COMPLETE", 1.0), (2, "RUNNING", None)]
    assert trials(storage) == seen == trials(JournalStorage(Journal(path)))
    assert trials(JournalStorage(JournalFileBackend(str(path)))) == seen, "it is Optuna's own format"
    study = optuna.load_study(study_name="s", storage=storage)
    study.tell(2, 5.0)
    assert len(synced) == 2, "outside of a group all is written at once"
    assert trials(storage) == trials(JournalStorage(Journal(path)))


def test_a_journal_that_goes_on_reads_what_is_there(tmp_path):
    path = tmp_path / "journal.log"
    filled(JournalStorage(Journal(path)))
    storage = JournalStorage(Journal(path))
    with grouped(storage):
        optuna.load_study(study_name="s", storage=storage).tell(2, 7.0)
    assert [each[2] for each in trials(JournalStorage(Journal(path)))] == [0.0, 1.0, 7.0]
    assert [path.name for path in tmp_path.iterdir()] == ["journal.log"]


def test_a_group_that_an_error_ends_is_not_written(tmp_path):
    path = tmp_path / "journal.log"
    storage = JournalStorage(Journal(path))

    def broken_off() -> None:
        with grouped(storage):
            filled(storage)
            raise Crash

    with pytest.raises(Crash):
        broken_off()
    assert path.read_bytes() == b""


def test_a_storage_of_another_kind_has_no_groups():
    storage = InMemoryStorage()
    with grouped(storage):
        filled(storage)
    assert len(trials(storage)) == 3


@pytest.fixture(scope="module", params=[STUDY, TPE], ids=["sobol", "tpe"])
def whole(request, tmp_path_factory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("whole")
    run(write_study(folder, request.param), folder / "out")
    return request.param, folder / "out"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("owner", "name"), [(ResultFolder, "append"), (JournalFileBackend, "append_logs"), (ArmSearch, "tell")]
)
def test_a_crash_at_any_write_changes_nothing(whole, tmp_path, monkeypatch, owner, name, after):
    """Between the write of a group and its tells, too: before the first of them, and between two."""
    text, undisturbed = whole
    study, real = write_study(tmp_path, text), getattr(owner, name)
    crashes = call = 0
    while crashes == call:
        call += 1
        out, left = tmp_path / str(call), [call]

        def crashing(*given: Any, left: list[int] = left) -> Any:
            left[0] -= 1
            if left[0] == 0 and not after:
                raise Crash
            result = real(*given)
            if left[0] == 0:
                raise Crash
            return result

        with monkeypatch.context() as patch:
            patch.setattr(owner, name, crashing)
            try:
                run(study, out)
            except Crash:
                crashes += 1
        before = (out / "records.jsonl").read_bytes() if (out / "records.jsonl").exists() else b""
        run(study, out)
        assert tables(out) == tables(undisturbed), call
        assert (out / "records.jsonl").read_bytes().startswith(before)
        assert len((out / "records.jsonl").read_bytes().splitlines()) == len(
            (undisturbed / "records.jsonl").read_bytes().splitlines()
        )
    assert crashes >= 3

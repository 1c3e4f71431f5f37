"""The driver: what is on the disk is not made again, and what is made is on the disk before anybody hears of it."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest
from rich.console import Console

from harness.errors import ResultError
from harness.execution.driver import Driver
from harness.execution.job import remember_loaded
from harness.execution.place import here
from harness.execution.pool import Workers
from harness.execution.progress import Progress
from harness.execution.settings import Execution
from harness.records.folder import ResultFolder
from harness.records.record import Request
from harness.study.plan import plan_from_file

from support.studies import SMALL, write_study


@pytest.fixture
def drive(registry, tmp_path):
    """``drive()``: a new driver of the folder ``out``, as a call of ``harness run`` would have it."""
    plan = plan_from_file(write_study(tmp_path, SMALL), (), registry)
    remember_loaded(registry, plan.selection, plan.problem)

    def make() -> Driver:
        console = Console(file=io.StringIO(), width=200)
        execution = Execution(registry=registry, progress=Progress(plan.metric, console))
        folder = ResultFolder(tmp_path / "out")
        folder.path.mkdir(exist_ok=True)
        return Driver(plan, folder, execution, Workers(here(0)))

    return make


def requests(driver: Driver, *trials: int) -> list[Request]:
    arm = driver.plan.arms[0]
    configuration = arm.configuration(arm.defaults())
    return [
        Request(phase="search", arm=arm.name, trial=trial, seed_index=0, configuration=configuration)
        for trial in trials
    ]  # fmt: skip


def lines(driver: Driver) -> list[str]:
    return driver.folder.records_file.read_text().splitlines()


def test_a_record_is_on_the_disk_before_it_is_given(drive):
    driver = drive()
    given = []
    for group in driver.run(requests(driver, *range(6))):
        given += [record.trial for record in group]
        assert [json.loads(line)["trial"] for line in lines(driver)] == given
    assert [record.trial for record in driver.made] == given == list(range(6))


def test_records_that_come_together_are_written_together(drive, monkeypatch):
    driver, synced = drive(), []
    driver.prepare("search")
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(len(lines(driver))))
    groups = list(driver.run(requests(driver, *range(6))))
    assert [len(group) for group in groups] == [3, 3]  # the cohorts of this process
    assert synced == [3, 6]


def test_what_the_folder_has_is_given_first_and_not_made_again(drive):
    first = drive()
    list(first.run(requests(first, 1)))
    second = drive()
    assert [[record.trial for record in group] for group in second.run(requests(second, 0, 1))] == [[1], [0]]
    assert [record.trial for record in second.made] == [0]
    assert second.call().new_runs == 1
    assert len(lines(second)) == 2


def test_a_record_of_another_configuration_is_no_answer(drive):
    driver = drive()
    list(driver.run(requests(driver, 0)))
    other = driver.plan.arms[1]
    changed = other.configuration(other.defaults())
    [request] = requests(driver, 0)
    with pytest.raises(ResultError, match="is of another configuration"):
        list(driver.run([Request(**{**vars(request), "configuration": changed})]))


def test_code_that_is_not_what_it_was_is_told(drive):
    first = drive()
    list(first.run(requests(first, 0)))
    text = Path(first.folder.records_file).read_text()
    source = json.loads(text)["components"]["optimiser"]["source"]
    first.folder.records_file.write_text(text.replace(source, "0" * len(source)))
    second = drive()
    list(second.run(requests(second, 1)))
    shown = second.progress.console.file.getvalue()
    assert "warning: optimiser 'sgd' is not the code that earlier runs in" in shown

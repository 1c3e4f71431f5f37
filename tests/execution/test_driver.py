"""The driver: what is on the disk is not made again, and what is made is on the disk before anybody hears of it."""

from __future__ import annotations

import io
import json
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
    for number, record in enumerate(driver.run(requests(driver, 0, 1)), start=1):
        assert len(lines(driver)) == number
        assert json.loads(lines(driver)[-1])["trial"] == record.trial
    assert [record.trial for record in driver.made] == [0, 1]


def test_what_the_folder_has_is_given_first_and_not_made_again(drive):
    first = drive()
    list(first.run(requests(first, 1)))
    second = drive()
    assert [record.trial for record in second.run(requests(second, 0, 1))] == [1, 0]
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

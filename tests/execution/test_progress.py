"""What ``harness run`` shows while it is at work, and the line that each call leaves."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from harness.execution.progress import Progress
from harness.metric import Metric
from harness.records.record import ACTIVITIES

from support.studies import STUDY, run, tables, write_study


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_study(tmp_path)


def test_progress_without_a_terminal_is_plain_lines(study, tmp_path, monkeypatch):
    monkeypatch.setattr("harness.execution.progress.EVERY", 1e9)  # however slow the machine is
    console = Console(file=io.StringIO(), force_terminal=False, width=200)
    run(study, tmp_path / "out", console=console)
    lines = console.file.getvalue().splitlines()
    assert lines[0] == "search: 0 of 26 runs"
    assert re.fullmatch(
        r"select: 8 of 26 runs( · about \d+ s left)? · best dev_accuracy \d+(\.\d+)? \((adam|sgd)\)", lines[1]
    )
    assert re.fullmatch(r"confirm: 25 of 25 runs · best dev_accuracy \d+(\.\d+)? \((adam|sgd)\)", lines[-1])


def test_progress_on_a_terminal_shows_a_bar(study, tmp_path):
    console = Console(file=io.StringIO(), force_terminal=True, width=200)
    run(study, tmp_path / "out", console=console)
    assert "confirm 25/25 runs" in console.file.getvalue()


@pytest.mark.parametrize("width", [50, 80, 120])
def test_a_narrow_terminal_cuts_the_note_and_never_the_count(tmp_path, width):
    text = STUDY.replace('"adam", search', '"adam", beta1 = 0.5, search').replace(
        "optimiser = [{", 'optimiser = [{ name = "adam", beta1 = 0.123456789, search = ["lr"] }, {'
    )
    console = Console(file=io.StringIO(), force_terminal=True, width=width)
    run(write_study(tmp_path, text), tmp_path / "out", overrides=("confirm.seeds=1",), console=console)
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", console.file.getvalue()).replace("\r", "\n").splitlines()
    counted = [line for line in lines if line.strip()]
    assert all(re.match(r"(search|select|confirm) +\d+/2\d runs", line) for line in counted)
    assert max(map(len, counted)) <= width


def test_a_study_whose_arm_failed_ends_its_count_too(tmp_path):
    text = STUDY.replace('{ name = "adam", search = ["lr"] }', '"raising", "adam"')
    console = Console(file=io.StringIO(), width=200)
    run(write_study(tmp_path, text), tmp_path / "out", console=console)
    last = console.file.getvalue().splitlines()[-1]
    done, total = re.match(r"confirm: (\d+) of (\d+) runs", last).groups()
    assert done == total


def calls(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "calls.jsonl").read_text().splitlines()]


def test_every_call_that_made_runs_leaves_a_line_and_a_row(finished, study, tmp_path):
    out = finished(tmp_path / "out")
    run(study, out)  # nothing to do: nothing to tell
    [first] = calls(out)
    with (out / "calls.jsonl").open("a") as file:
        file.write('{"jobs": 0, "new_')
    run(study, out, overrides=("confirm.seeds=4",))
    assert calls(out)[0] == first
    assert [(each["jobs"], each["new_runs"]) for each in calls(out)] == [(0, 25), (0, 4)]
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
    assert len(timing) == 29 + 2


def test_a_folder_from_before_there_were_calls_goes_on(undisturbed, finished, study, tmp_path):
    out = finished(tmp_path / "out")
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
        patch.setattr("harness.execution.progress.Progress.add", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run(study, out)
    assert not (out / "calls.jsonl").exists()
    kept = len((out / "records.jsonl").read_text().splitlines())
    assert 0 < kept < 25, "the first group"
    run(study, out)
    assert [each["new_runs"] for each in calls(out)] == [25 - kept]


def test_where_nobody_waits_only_warnings_are_said():
    console = Console(file=io.StringIO(), width=200)
    with Progress(Metric("dev_loss", "minimise"), console, shown=None) as progress:
        progress.start({"search": 3}, [])
        progress.phase("search")
        progress.more(2)
        progress.finish()
        assert console.file.getvalue() == ""
        progress.warn("something")
    assert console.file.getvalue() == "warning: something\n"

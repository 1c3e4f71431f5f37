"""A call that stops of its own accord: what it may be told, and that the next one goes on to the same end."""

from __future__ import annotations

import math

import pytest

import harness
from harness.errors import HarnessError
from harness.execution.ending import NEVER, Ending, ending_of

from support.paths import TINY
from support.studies import call, run, tables, write_study


@pytest.mark.parametrize(
    ("given", "seconds", "runs"),
    [
        ("2h", 7200, math.inf), ("30min", 1800, math.inf), ("1.5 h", 5400, math.inf), ("45 s", 45, math.inf),
        ("1d", 86400, math.inf), (90, 90, math.inf), (0.5, 0.5, math.inf), ("50runs", math.inf, 50),
        ("1 run", math.inf, 1), (None, math.inf, math.inf),
    ],
)  # fmt: skip
def test_durations_and_numbers_of_runs(given, seconds, runs):
    found = ending_of(given)
    assert (found.seconds, found.runs) == (seconds, runs)


@pytest.mark.parametrize(
    "given", ["", "2", "h", "2 hours", "-1h", "0s", "0runs", "1e3s", "nan", True, -3, math.nan, [], "²h"]
)
def test_what_is_neither_is_refused(given):
    with pytest.raises(
        HarnessError, match=r"^stop_after is a duration or a number of runs, as in 30min, 2h or 50runs, got"
    ):
        ending_of(given)


def test_when_it_is_reached(monkeypatch):
    now = [10.0]
    monkeypatch.setattr("harness.execution.ending.time.monotonic", lambda: now[0])
    limit = Ending(seconds=5, begin=10.0)
    assert not limit.is_reached(10**9)
    now[0] = 15.0
    assert limit.is_reached(0)
    assert [Ending(runs=3).is_reached(made) for made in (2, 3, 4)] == [False, True, True]
    assert not NEVER.is_reached(10**9)


@pytest.mark.parametrize("jobs", [0, pytest.param(2, marks=pytest.mark.slow)])
def test_calls_that_stop_again_and_again_come_to_the_same_end(tmp_path, jobs):
    study, out = write_study(tmp_path), tmp_path / "out"
    run(study, tmp_path / "whole" / "out")
    stops = 0
    while (found := harness.run(study, out=out, plugins=[TINY], jobs=jobs, stop_after="4runs")).stopped:
        stops += 1
        assert 0 < len(found.made) <= 4 + 4 * max(1, jobs)
        assert stops < 30
    assert stops >= 2
    assert tables(out) == tables(tmp_path / "whole" / "out")


@pytest.mark.usefixtures("blank_reports")
def test_the_command_says_how_to_go_on(here):
    done = call("run", "tiny.toml", "--out", "out", "--jobs", "0", "--stop-after", "1runs", code=5)
    assert done.stderr.endswith(
        f"as asked; go on with:\n  harness run tiny.toml --out out --plugin {TINY} --jobs 0 --stop-after 1runs\n"
    )
    assert "No answer yet" in done.stdout
    assert call("run", "tiny.toml", "--out", "out", "--jobs", "0").exit_code == 0
    refused = call("run", "tiny.toml", "--out", "out", "--stop-after", "soon", code=2)
    assert (
        refused.stderr == "error: stop_after is a duration or a number of runs, as in 30min, 2h or 50runs, got 'soon'\n"
    )

"""Seconds by activity: nothing counts twice, and what a caller does with an item is not waiting for it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import pytest

from harness.cli.run import percentages, where_time_went
from harness.execution.stopwatch import Stopwatch
from harness.records.record import ACTIVITIES, Call


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("time.perf_counter", clock)
    return clock


def test_a_new_stopwatch_has_every_activity(clock):
    assert Stopwatch().seconds() == {**dict.fromkeys(ACTIVITIES, 0.0), "wall": 0.0}


def test_nested_activities_do_not_count_twice(clock):
    stopwatch = Stopwatch()
    clock.now += 1
    with stopwatch("writing"):
        clock.now += 2
        with stopwatch("asking"):
            clock.now += 4
            with stopwatch("asking"):
                clock.now += 8
        clock.now += 16
    clock.now += 32
    assert stopwatch.seconds() == {
        "importing": 0,
        "preparing": 0,
        "asking": 12,
        "writing": 18,
        "waiting": 0,
        "wall": 63,
    }


def test_what_is_under_way_is_counted_so_far(clock):
    stopwatch = Stopwatch()
    with stopwatch("writing"):
        clock.now += 3
        assert stopwatch.seconds()["writing"] == 3
        clock.now += 4
    assert stopwatch.seconds()["writing"] == 7


def test_an_error_ends_an_activity(clock):
    stopwatch = Stopwatch()
    with suppress(ZeroDivisionError), stopwatch("writing"):
        clock.now += 3
        raise ZeroDivisionError
    clock.now += 4
    assert (stopwatch.seconds()["writing"], stopwatch.seconds()["wall"]) == (3, 7)


def test_each_times_the_items_and_not_what_is_done_with_them(clock):
    def items():
        for number in range(3):
            clock.now += 10
            yield number
        clock.now += 5

    stopwatch, seen = Stopwatch(), []
    for number in stopwatch.each("waiting", items()):
        seen.append(number)
        clock.now += 100
        with stopwatch("writing"):
            clock.now += 1
    assert seen == [0, 1, 2]
    assert stopwatch.seconds() == {
        "importing": 0,
        "preparing": 0,
        "asking": 0,
        "writing": 3,
        "waiting": 35,
        "wall": 338,
    }


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"a": 1.0, "b": 1.0, "idle": 1.0}, {"a": 34, "b": 33, "idle": 33}),
        ({"a": 33.5, "b": 33.5, "idle": 33.0}, {"a": 34, "b": 33, "idle": 33}),
        ({"a": 0.5, "b": 99.5, "idle": 0.0}, {"a": 1, "b": 99, "idle": 0}),
        ({"idle": 3.0}, {"idle": 100}),
    ],
)
def test_percentages_sum_to_100(parts, expected):
    assert percentages(parts) == expected


@dataclass
class Made:
    seconds: dict[str, float]


def shown(jobs: int, *made: Made) -> str:
    seconds = {"importing": 3.2, "preparing": 0.6, "asking": 0.44, "writing": 0.25, "waiting": 80.0, "wall": 100.0}
    return where_time_went(Call(jobs=jobs, new_runs=len(made), environment="", seconds=seconds), made)


def test_shares_of_the_workers_are_of_the_workers_and_of_the_driver_of_the_whole():
    made = [Made({"starting": 2.0, "training": 90.0, "evaluation": 11.0}), Made({"starting": 2.0, "training": 78.0})]
    expected = "of whose time training 84%, evaluation 6%, starting 2%, idle 8%"
    driver = "of the whole: importing 3.2%, preparing 0.6%, asking 0.4%, writing 0.2%"
    assert shown(2, *made) == f"took 1 min 40 s with 2 workers, {expected}; {driver}"


def test_idle_is_never_less_than_nothing():
    line = "took 1 min 40 s in this process, of whose time training 100%, idle 0%; "
    assert shown(0, Made({"training": 101.0})).startswith(line)
    assert "with 1 worker, of whose time idle 100%;" in shown(1, Made({}))

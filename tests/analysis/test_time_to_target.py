"""The tables of times to a target: where the target comes from, who reached it when, who is censored."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.time_to_target import find_target, median_and_range, time_to_target, time_to_target_seconds
from harness.metric import Metric
from harness.records.record import Record
from harness.records.results import Results
from harness.report.formats import to_plain

from support.by_hand import record, results

METRICS = {"dev_loss": 0.1, "dev_uas": 50.0}


def run(arm: str, trial: int, seed: int, accuracies: list[float], **changes: Any) -> Record:
    """A confirmation run with an evaluation point every 10 steps; UAS, 5 points below accuracy, only at the end."""
    curve = [{"step": 10 * number, "dev_accuracy": value} for number, value in enumerate(accuracies, start=1)]
    curve[-1] = {**curve[-1], "dev_uas": accuracies[-1] - 5}
    fields = {"curve": curve, "steps": 10 * len(curve), "seconds": {"training": 6.0},
              "processor_seconds": {"training": 3.0}} | changes  # fmt: skip
    return record("confirm", arm, trial, seed, 1.0, **fields)


def of(*runs: Record, **changes: Any) -> Results:
    """Trial 1 won in both arms."""
    searched = [record("search", arm, trial, 0, 60.0 + trial) for arm in ("adam", "sgd") for trial in range(2)]
    return results(*searched, *runs, select={"trials": 1, "seeds": 0}, **changes)


DEFAULTS = [run("adam", 0, 100 + seed, [60.0, 60.0, end]) for seed, end in enumerate([70.0, 72.0, 75.0])]
WINNERS = [
    run("adam", 1, 100, [65.0, 72.0, 80.0]),  # there at step 20: as good as the target is there
    run("adam", 1, 101, [73.0, 60.0, 60.0]),  # there at once, and gone again
    run("adam", 1, 102, [60.0, 70.0, 71.0]),  # never
    run("sgd", 1, 100, [60.0, 65.0, 70.0]),
    run("sgd", 1, 101, [60.0, 65.0, 74.0]),
    run("sgd", 1, 102, [99.0, 99.0, 99.0], reason="the loss became nan at step 25 of 30"),
]


def test_steps_and_seconds_by_hand():
    found = of(*DEFAULTS, *WINNERS)
    head = {"target": 72.0, "metric": "dev_accuracy", "n": 3}
    assert to_plain(time_to_target(found)) == [
        {"arm": "adam", **head, "reached": 2, "censored": 1, "steps_median": 20, "steps_low": 10, "steps_high": 20},
        {"arm": "sgd", **head, "reached": 1, "censored": 2, "steps_median": None, "steps_low": 30, "steps_high": 30},
    ]
    assert [
        (each["reached"], each["seconds_median"], each["seconds_low"], each["seconds_high"], each["clock"])
        for each in to_plain(time_to_target_seconds(found))
    ] == [(2, 2.0, 1.0, 2.0, "processor"), (1, None, 3.0, 3.0, "processor")]


def test_wall_time_is_taken_of_all_runs_where_one_has_nothing_else():
    older = [replace(each, processor_seconds={}) if each.seed_index == 101 else each for each in WINNERS]
    found = to_plain(time_to_target_seconds(of(*DEFAULTS, *older)))
    assert [(each["seconds_low"], each["clock"]) for each in found] == [(2.0, "wall"), (6.0, "wall")]
    failed = [replace(each, processor_seconds={}) if each.reason else each for each in WINNERS]
    found = to_plain(time_to_target_seconds(of(*DEFAULTS, *failed)))
    assert [each["clock"] for each in found] == ["processor"] * 2


def test_the_studys_own_metric_is_used_where_every_point_has_it():
    runs = [
        run(
            each.arm,
            each.trial,
            each.seed_index,
            [1.0],
            curve=[{**p, "dev_uas": p["dev_accuracy"] - 5} for p in each.curve],
        )
        for each in [*DEFAULTS, *WINNERS]
    ]
    target = find_target(of(*runs))
    assert (target.metric, target.value) == (Metric("dev_uas", "maximise"), 67.0)


def test_a_metric_that_is_better_lower():
    def losses(arm: str, trial: int, seed: int, values: list[float]) -> Record:
        curve = [{"step": 10 * number, "dev_loss": value} for number, value in enumerate(values, start=1)]
        return record("confirm", arm, trial, seed, 1.0, curve=curve, steps=30)

    searched = [
        record("search", "adam", trial, 0, 1.0, curve=[{"step": 1, "dev_loss": 2.0 - trial}]) for trial in range(2)
    ]
    runs = [losses("adam", 0, 100, [3.0, 2.0, 1.0]), losses("adam", 1, 100, [1.5, 1.0, 2.0])]
    found = results(*searched, *runs, metric="dev_loss", direction="minimise", select={"trials": 1, "seeds": 0})
    assert find_target(found).value == 1.0
    assert [each["steps_median"] for each in to_plain(time_to_target(found))] == [20, None]


def test_where_the_defaults_won_their_own_confirmation_is_the_target():
    found = results(record("search", "adam", 0, 0, 70.0), record("search", "sgd", 0, 0, 60.0), *DEFAULTS)
    assert find_target(found).value == 72.0
    assert [(each["reached"], each["censored"]) for each in to_plain(time_to_target(found))] == [(2, 1), (0, 0)]


@pytest.mark.parametrize(("failed", "value"), [(1, 70.0), (2, None)])
def test_a_failed_default_run_is_worse_than_any(failed, value):
    lost = [run("adam", 0, 103 - failed + seed, [90.0], reason="died") for seed in range(failed)]
    target = find_target(of(*DEFAULTS[: 3 - failed], *lost, *WINNERS)).value
    assert target == value if value is not None else math.isnan(target)


def test_without_a_target_nobody_is_said_to_have_missed_it():
    shown = to_plain(time_to_target(of(*WINNERS)))
    names = ("target", "reached", "censored", "steps_median", "steps_low")
    assert [[each[name] for name in names] for each in shown] == [[None] * 5] * 2
    assert [each["n"] for each in shown] == [3, 3]


@given(st.lists(st.one_of(st.none(), st.integers(1, 50)), max_size=9))
def test_the_median_counts_the_censored_as_later_than_any(times):
    middle, low, high = median_and_range(times)
    reached = [each for each in times if each is not None]
    assert (low, high) == ((min(reached), max(reached)) if reached else (None, None))
    # However late the censored would have come, the median is the same; where it is not, there is none.
    medians = (
        {statistics.median([late if each is None else each for each in times]) for late in (100, 200)} if times else ()
    )
    assert middle == (medians.pop() if len(medians) == 1 and reached else None)

"""The table pareto: every finished trial by all objectives, and who is on the front of its arm and of all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.analysis.pareto import pareto
from harness.analysis.searches import searches
from harness.errors import ResultError
from harness.records.results import Results
from harness.report.formats import to_plain

from support.by_hand import folder_of, record, results, whole

TIMES = {"adam": [4.0, 2.0, 1.0], "sgd": [3.0, 2.0, 0.5]}
SEARCH = {"trials": 4, "sampler": "tpe", "batch": 4, "objectives": ["seconds"]}
SCORES = {"adam": [80.0, 79.0, 79.0], "sgd": [80.0, 79.5, 60.0]}


def searched(objectives: list[str], **search: Any) -> Results:
    """Two arms of three trials each, the fourth of sgd having failed."""
    records = [
        record("search", arm, trial, 0, score, seconds={"training": 9.0},
               processor_seconds={"training": TIMES[arm][trial]})
        for arm, scores in SCORES.items()
        for trial, score in enumerate(scores)
    ]  # fmt: skip
    search = {**SEARCH, "objectives": objectives, **search}
    return results(*records, record("search", "sgd", 3, 0, None, seconds={}, processor_seconds={}), search=search)


def test_the_front_of_each_arm_and_of_all():
    found = to_plain(pareto(searched(["seconds"])))
    assert {each.pop("clock") for each in found} == {"processor"}
    assert [tuple(each.values()) for each in found] == [
        ("adam", 0, 80.0, 4.0, True, False),  # as good as sgd's defaults, and slower
        ("adam", 1, 79.0, 2.0, False, False),
        ("adam", 2, 79.0, 1.0, True, True),
        ("sgd", 0, 80.0, 3.0, True, True),
        ("sgd", 1, 79.5, 2.0, True, True),
        ("sgd", 2, 60.0, 0.5, True, True),
    ]
    assert list(pareto(searched(["seconds"]))) == [
        "arm", "trial", "dev_uas", "seconds", "clock", "front_of_arm", "front",
    ]  # fmt: skip


def test_seconds_are_wall_time_for_all_trials_where_one_has_nothing_else():
    found = searched(["seconds"])
    key, first = next(iter(found.records.items()))
    older = pareto(results(*{**found.records, key: replace(first, processor_seconds={})}.values(), search=SEARCH))
    assert set(older.clock) == {"wall"}
    assert set(older.seconds) == {9.0}
    assert searches(replace(found, records=dict(found.records)))["adam"].trials[1].values == [79.0, 2.0]


def test_of_equal_trials_none_dominates_and_repeats_and_rounds_have_their_columns():
    found = pareto(searched(["dev_loss"], sampler="sobol", widen=2))
    assert list(found) == ["arm", "round", "trial", "dev_uas", "dev_loss", "front_of_arm", "front"]
    assert list(found.front) == [True, False, False, True, False, False]


def test_a_study_that_judges_by_one_thing_has_no_front():
    assert len(pareto(results(*whole()))) == 0


@pytest.mark.parametrize(
    ("objective", "changes"), [("seconds", {"seconds": {}}), ("dev_accuracy", {"seconds": {"training": 1.0}})]
)
def test_a_search_record_without_an_objective_of_its_study_is_one_line(tmp_path, objective, changes):
    ran = {"search": {"trials": 4, "sampler": "tpe", "objectives": [objective]}}
    folder = folder_of(tmp_path / "out", [record("search", "adam", 0, 0, 80.0, **changes)], **ran)
    with pytest.raises(ResultError) as caught:
        Results.of(folder)
    assert str(caught.value) == (
        f"{folder.records_file}:1: the run ends without {objective}, an objective of its search: one of them was edited"
    )

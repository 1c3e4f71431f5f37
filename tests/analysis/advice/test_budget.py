"""The warning BUDGET: arms that were not given the same."""

from __future__ import annotations

import pytest

from harness.analysis.budgets import differing_fields

from support.faultless import arms, results, warned, whole


def test_budget_over_plain_data_lists_the_fields():
    fields = {"a": {"trials": 8, "steps": 100, "sampler": None}, "b": {"trials": 8, "steps": 200, "sampler": "sobol"},
              "c": {"steps": 100}}  # fmt: skip
    assert differing_fields(fields) == ["steps: 100 (a, c), 200 (b)"]
    assert differing_fields({}) == []


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"steps": 20, "passes": 20}, "steps: 10 (adam), 20 (sgd)"),
        ({"passes": 20}, "passes a step: 1 (adam), 2 (sgd)"),
        ({"curve": [{"step": 10, "dev_uas": 81.0}]}, "evaluation points: 2 (adam), 1 (sgd)"),
    ],
)
def test_budget_of_runs(changes, line):
    (found,) = warned(results([*whole("adam"), *whole("sgd", **changes)]), "BUDGET")
    assert (found.arm, found.evidence) == ("", line)


def test_budget_of_trials():
    found = warned(results([*whole("adam"), *whole("sgd", trials=8)]), "BUDGET")
    assert [each.evidence for each in found] == ["trials: 10 (adam), 8 (sgd)"]


def test_an_arm_with_nothing_to_search_has_another_budget():
    fixed = arms(sgd={"space": {}})
    (found,) = warned(results([*whole("adam"), *whole("sgd", trials=1, winner=0)], arms=fixed), "BUDGET")
    assert found.evidence == "trials: 10 (adam), 1 (sgd); nothing to search: sgd"


def test_budget_is_silent_where_equal_or_not_yet_known():
    assert not warned(results(), "BUDGET")
    begun = [each for each in whole("sgd") if each.phase == "search" and each.trial < 3]
    assert not warned(results([*whole("adam"), *begun]), "BUDGET")
    assert not warned(results([]), "BUDGET")

"""The warning DIMENSIONS: a search with too few trials for what it searches."""

from __future__ import annotations

from harness.records.folder import ResultFolder
from harness.records.results import Results

from support.faultless import arms, results, warned, whole
from support.made_up import interval

SGD = "optimiser.sgd"


def test_too_few_trials_a_dimension():
    space = {f"{SGD}.{name}": interval(1e-3, 0.9) for name in ("lr", "momentum", "weight_decay")}
    found = warned(results(arms=arms(sgd={"space": space})), "DIMENSIONS")
    assert [(each.arm, each.change) for each in found] == [("sgd", "--set search.trials=15"), ("sgd", "")]
    assert found[0].evidence == "10 trials for 3 dimensions: 3.333 each, fewer than 5"
    assert found[1].evidence == "searches 3 dimensions, adam 1, in 10 trials each"
    assert found[1].advice.endswith(f"do not search {SGD}.weight_decay")


def test_dimensions_are_silent_at_a_difference_of_one_and_where_trials_differ():
    two = arms(sgd={"space": {f"{SGD}.{name}": interval(1e-3, 0.9) for name in ("lr", "momentum")}})
    assert not warned(results(arms=two), "DIMENSIONS")
    three = arms(sgd={"space": {f"{SGD}.{name}": interval(1e-3, 0.9) for name in ("lr", "momentum", "weight_decay")}})
    assert not warned(results([*whole("adam"), *whole("sgd", trials=15)], arms=three), "DIMENSIONS")


def test_a_searched_component_counts_as_its_longest():
    space = {
        "optimiser": {"options": ["adam", "sgd"]},
        "optimiser.adam.lr": interval(1e-4, 1e-2),
        f"{SGD}.lr": interval(0.01, 1),
    }
    assert not warned(results(whole("sgd"), arms={"sgd": arms()["sgd"] | {"space": space}}), "DIMENSIONS")


def test_a_grid_searches_all_there_is():
    space = {f"{SGD}.{name}": {"options": [0.1, 0.2]} for name in ("lr", "momentum", "weight_decay")}
    grid = {"trials": 4, "sampler": "grid", "batch": 4}
    records = whole("sgd", trials=9)
    only = {"sgd": arms()["sgd"] | {"space": space}}
    assert not warned(results(records, arms=only, search=grid), "DIMENSIONS")
    assert warned(results(records, arms=only), "DIMENSIONS")


def test_a_real_study_warns_of_dimensions(undisturbed):
    found = warned(Results.of(ResultFolder(undisturbed)), "DIMENSIONS")
    assert {each.arm: each.change for each in found} == {
        "adam": "--set search.trials=10", "sgd": "--set search.trials=10",
    }  # fmt: skip

"""Warnings about spaces and budgets: EDGE, SHARED-RANGE, BUDGET, DIMENSIONS, ADAPTIVE, ENVIRONMENT, COUPLED-L2."""

from __future__ import annotations

import tomllib

import pytest

from harness.analysis.budgets import budget
from harness.plugin.ranges import Range
from harness.records.folder import ResultFolder
from harness.records.results import Results

from support.advising import LR, arms, log, record, results, study, warned, whole
from support.studies import STUDY, run, write_study

SGD = "optimiser.sgd"


def with_lr(lr: float, arm: str = "sgd"):
    """The chosen trial of an arm has this lr."""
    return [record("search", arm, 2, 0, 83.0, lr=lr)]


# EDGE


@pytest.mark.parametrize(("lr", "end"), [(0.95, "upper"), (0.0105, "lower")])
def test_edge_of_the_chosen_value(lr, end):
    (found,) = warned(results(changed=with_lr(lr)), "EDGE")
    assert found.arm == "sgd"
    assert found.evidence == (
        f"optimiser.sgd.lr: the chosen value of 10 trials, {lr:.4g}, lies in the outer 5% of [0.01, 1] log, "
        f"at the {end} end"
    )
    low, high = (0.01, 10.0) if end == "upper" else (0.001, 1.0)
    assert tomllib.loads(found.change) == {"optimiser.sgd.lr": {"low": low, "high": high, "scale": "log"}}


@pytest.mark.parametrize("lr", [0.013, 0.78])  # positions 0.057 and 0.946
def test_edge_is_silent_within(lr):
    assert not warned(results(changed=with_lr(lr)), "EDGE")


def test_edge_is_measured_on_the_scale():
    # 0.04 of [0.001, 1] is 4% of the way, but half way on the log scale
    assert not warned(results(arms=arms(sgd={"space": {f"{SGD}.lr": log(0.001, 1.0)}}), changed=with_lr(0.04)), "EDGE")
    linear = {"low": 0.001, "high": 1.0, "scale": "linear", "integer": False}
    assert warned(results(arms=arms(sgd={"space": {f"{SGD}.lr": linear}}), changed=with_lr(0.04)), "EDGE")


def test_edge_of_the_best_three():
    near = [record("search", "sgd", trial, 0, 79.0, lr=0.7 + trial / 100) for trial in (1, 3)]  # positions 0.92, 0.93
    assert not warned(results(changed=with_lr(0.7)), "EDGE")
    (found,) = warned(results(changed=[*with_lr(0.7), *near]), "EDGE")
    assert "the median of the best 3 of 10 trials, 0.71, lies in the outer 10%" in found.evidence


def test_edge_is_silent_at_a_natural_limit_on_that_side_only():
    space = {f"{SGD}.weight_decay": log(1e-8, 1e-3), f"{SGD}.lr": log(*LR["sgd"])}
    for decay, warns in ((1e-8, False), (0.0, False), (9e-4, True)):
        changed = [record("search", "sgd", 2, 0, 83.0, weight_decay=decay)]
        assert bool(warned(results(arms=arms(sgd={"space": space}), changed=changed), "EDGE")) == warns
    short = space | {f"{SGD}.weight_decay": log(1e-5, 1e-3)}  # an end that is nobody's limit
    changed = [record("search", "sgd", 2, 0, 83.0, weight_decay=1e-5)]
    (found,) = warned(results(arms=arms(sgd={"space": short}), changed=changed), "EDGE")
    assert tomllib.loads(found.change)[f"{SGD}.weight_decay"]["low"] == 1e-6


def test_edge_is_silent_about_options_and_before_the_search_is_over():
    options = arms(sgd={"space": {f"{SGD}.lr": {"options": [0.01, 1.0]}}})
    assert not warned(results(arms=options, changed=with_lr(1.0)), "EDGE")
    begun = [record("search", "sgd", trial, 0, 80.0 - trial, lr=0.99) for trial in range(3)]
    assert not warned(results(begun), "EDGE")


def test_a_real_study_warns_of_an_edge_and_takes_the_change(tmp_path):
    narrow = STUDY + '\n[space]\n"optimiser.sgd.lr" = { low = 1e-6, high = 2e-6 }\n'
    study = write_study(tmp_path, narrow)
    run(study, tmp_path / "out")
    found = [each for each in warned(Results.of(ResultFolder(tmp_path / "out")), "EDGE") if each.arm == "sgd"]
    assert len(found) == 1
    assert "upper end" in found[0].evidence
    pasted = write_study(tmp_path, STUDY + f"\n[space]\n{found[0].change}\n", "wider.toml")
    run(pasted, tmp_path / "wider")
    space = Results.of(ResultFolder(tmp_path / "wider")).study["arms"]["sgd"]["space"]["optimiser.sgd.lr"]
    assert Range(**space) == Range(1e-6, 6e-6, "log")


# SHARED-RANGE


def test_shared_range():
    shared = {arm: {"space": {f"optimiser.{arm}.lr": log(1e-4, 1.0)}} for arm in ("adam", "sgd")}
    (found,) = warned(results(arms=arms(**shared)), "SHARED-RANGE")
    assert found.evidence == (
        "optimiser.adam.lr (length of a step) and optimiser.sgd.lr (length per unit of gradient) are both searched in "
        "[0.0001, 1] log"
    )


def test_shared_range_is_silent_where_it_means_the_same_or_differs():
    assert not warned(results(), "SHARED-RANGE")
    shared = {arm: {"space": {f"optimiser.{arm}.lr": log(1e-4, 1.0)}} for arm in ("adam", "sgd")}
    same = arms(**shared)
    same["sgd"]["traits"]["optimiser.sgd"]["meanings"]["lr"] = "length of a step"
    assert not warned(results(arms=same), "SHARED-RANGE")


def test_a_study_that_shares_a_range_warns(tmp_path):
    shared = "".join(f'"optimiser.{arm}.lr" = {{ low = 1e-3, high = 1e-1 }}\n' for arm in ("adam", "sgd"))
    run(write_study(tmp_path, f"{STUDY}\n[space]\n{shared}"), tmp_path / "out")
    assert len(warned(Results.of(ResultFolder(tmp_path / "out")), "SHARED-RANGE")) == 1


# BUDGET


def test_budget_over_plain_data_lists_the_fields():
    fields = {"a": {"trials": 8, "steps": 100, "sampler": None}, "b": {"trials": 8, "steps": 200, "sampler": "sobol"},
              "c": {"steps": 100}}  # fmt: skip
    assert budget(fields) == ["steps: 100 (a, c), 200 (b)"]
    assert budget({}) == []


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


# DIMENSIONS


def test_too_few_trials_a_dimension():
    space = {f"{SGD}.{name}": log(1e-3, 0.9) for name in ("lr", "momentum", "weight_decay")}
    found = warned(results(arms=arms(sgd={"space": space})), "DIMENSIONS")
    assert [(each.arm, each.change) for each in found] == [("sgd", "--set search.trials=15"), ("sgd", "")]
    assert found[0].evidence == "10 trials for 3 dimensions: 3.333 each, fewer than 5"
    assert found[1].evidence == "searches 3 dimensions, adam 1, in 10 trials each"
    assert found[1].advice.endswith(f"do not search {SGD}.weight_decay")


def test_dimensions_are_silent_at_a_difference_of_one_and_where_trials_differ():
    two = arms(sgd={"space": {f"{SGD}.{name}": log(1e-3, 0.9) for name in ("lr", "momentum")}})
    assert not warned(results(arms=two), "DIMENSIONS")
    three = arms(sgd={"space": {f"{SGD}.{name}": log(1e-3, 0.9) for name in ("lr", "momentum", "weight_decay")}})
    assert not warned(results([*whole("adam"), *whole("sgd", trials=15)], arms=three), "DIMENSIONS")


def test_a_searched_component_counts_as_its_longest():
    space = {"optimiser": {"options": ["adam", "sgd"]}, "optimiser.adam.lr": log(1e-4, 1e-2), f"{SGD}.lr": log(0.01, 1)}
    assert not warned(results(whole("sgd"), arms={"sgd": study()["arms"]["sgd"] | {"space": space}}), "DIMENSIONS")


def test_a_grid_searches_all_there_is():
    space = {f"{SGD}.{name}": {"options": [0.1, 0.2]} for name in ("lr", "momentum", "weight_decay")}
    grid = {"trials": 4, "sampler": "grid", "batch": 4}
    records = whole("sgd", trials=9)
    only = {"sgd": study()["arms"]["sgd"] | {"space": space}}
    assert not warned(results(records, arms=only, search=grid), "DIMENSIONS")
    assert warned(results(records, arms=only), "DIMENSIONS")


def test_a_real_study_warns_of_dimensions(tmp_path):
    run(write_study(tmp_path), tmp_path / "out")
    found = warned(Results.of(ResultFolder(tmp_path / "out")), "DIMENSIONS")
    assert {each.arm: each.change for each in found} == {
        "adam": "--set search.trials=10", "sgd": "--set search.trials=10",
    }  # fmt: skip


# ADAPTIVE


def test_adaptive():
    (found,) = warned(results(search={"trials": 10, "sampler": "tpe", "batch": 4}), "ADAPTIVE")
    assert found.evidence == "sampler tpe, 20 trials: each depends on those before it"
    assert found.change == "--set search.sampler=sobol"


@pytest.mark.parametrize("sampler", ["sobol", "random", "grid"])
def test_independent_samplers_are_silent(sampler):
    assert not warned(results(search={"trials": 10, "sampler": sampler, "batch": 4}), "ADAPTIVE")


def test_adaptive_is_silent_where_nothing_is_searched():
    fixed = arms(sgd={"space": {}}, adam={"space": {}})
    assert not warned(results(arms=fixed, search={"trials": 10, "sampler": "tpe", "batch": 4}), "ADAPTIVE")


# ENVIRONMENT

HERE = {"python": "3.13", "packages": {"torch": "2.13", "numpy": "2.4"}, "processor": "A", "cores": 2, "commit": "abc"}


def test_environment():
    there = HERE | {"packages": {"torch": "2.12", "numpy": "2.4"}, "processor": "B"}
    (found,) = warned(
        results([*whole("adam"), *whole("sgd", environment="beef")], environments={"cafe0123": HERE, "beef": there}),
        "ENVIRONMENT",
    )
    assert found.evidence == (
        "processor: A (cafe0123: 10 runs of adam), B (beef: 10 runs of sgd); "
        "torch: 2.13 (cafe0123: 10 runs of adam), 2.12 (beef: 10 runs of sgd)"
    )


def test_environment_is_silent_about_cores_and_what_it_does_not_know():
    records = [*whole("adam"), *whole("sgd", environment="beef")]
    assert not warned(results(records, environments={"cafe0123": HERE, "beef": HERE | {"cores": 64}}), "ENVIRONMENT")
    assert not warned(results(records, environments={"cafe0123": HERE}), "ENVIRONMENT")
    assert not warned(results(records), "ENVIRONMENT")


# COUPLED-L2


def test_coupled_decay():
    changed = [record("search", "adam", 2, 0, 84.0, weight_decay=1e-4, lr=1e-3)]
    (found,) = warned(results(changed=changed), "COUPLED-L2")
    assert found.arm == "adam"
    assert found.evidence == (
        "optimiser.adam.weight_decay = 0.0001; a row that never occurs moves by up to lr × steps = 0.01"
    )
    assert found.change == ""  # which [choices] fixes
    space = {"space": {f"optimiser.adam.{name}": log(1e-6, 1e-2) for name in ("lr", "weight_decay")}}
    (found,) = warned(results(changed=changed, arms=arms(adam=space)), "COUPLED-L2")
    assert found.change == '"optimiser.adam.weight_decay" = 0.0'


def test_coupled_decay_is_silent_at_zero_and_in_a_method_that_is_not_adaptive():
    assert not warned(results(changed=[record("search", "sgd", 2, 0, 84.0, weight_decay=1e-4)]), "COUPLED-L2")
    assert not warned(results(), "COUPLED-L2")

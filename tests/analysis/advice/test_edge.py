"""The warning EDGE: a good value at the end of its range."""

from __future__ import annotations

import tomllib

import pytest

from harness.plugin.ranges import Range
from harness.records.folder import ResultFolder
from harness.records.results import Results

from support.faultless import LR, arms, record, results, warned
from support.made_up import interval
from support.studies import STUDY, run, write_study

SGD = "optimiser.sgd"


def with_lr(lr: float, arm: str = "sgd"):
    """The chosen trial of an arm has this lr."""
    return [record("search", arm, 2, 0, 83.0, lr=lr)]


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
    assert not warned(
        results(arms=arms(sgd={"space": {f"{SGD}.lr": interval(0.001, 1.0)}}), changed=with_lr(0.04)), "EDGE"
    )
    linear = {"low": 0.001, "high": 1.0, "scale": "linear", "integer": False}
    assert warned(results(arms=arms(sgd={"space": {f"{SGD}.lr": linear}}), changed=with_lr(0.04)), "EDGE")


def test_edge_of_the_best_three():
    near = [record("search", "sgd", trial, 0, 79.0, lr=0.7 + trial / 100) for trial in (1, 3)]  # positions 0.92, 0.93
    assert not warned(results(changed=with_lr(0.7)), "EDGE")
    (found,) = warned(results(changed=[*with_lr(0.7), *near]), "EDGE")
    assert "the median of the best 3 of 10 trials, 0.71, lies in the outer 10%" in found.evidence


def test_edge_is_silent_at_a_natural_limit_on_that_side_only():
    space = {f"{SGD}.weight_decay": interval(1e-8, 1e-3), f"{SGD}.lr": interval(*LR["sgd"])}
    for decay, warns in ((1e-8, False), (0.0, False), (9e-4, True)):
        changed = [record("search", "sgd", 2, 0, 83.0, weight_decay=decay)]
        assert bool(warned(results(arms=arms(sgd={"space": space}), changed=changed), "EDGE")) == warns
    short = space | {f"{SGD}.weight_decay": interval(1e-5, 1e-3)}  # an end that is nobody's limit
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
    space = Results.of(ResultFolder(tmp_path / "wider")).study.arms["sgd"].space["optimiser.sgd.lr"]
    assert space == Range(1e-6, 6e-6, "log")

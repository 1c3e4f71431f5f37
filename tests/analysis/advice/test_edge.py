"""The warning EDGE: a winner at the end of its range, in a search that does not get worse towards it."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest

from harness.plugin.ranges import Range
from harness.records.decisions import Change, Widened
from harness.records.folder import ResultFolder
from harness.records.record import Record
from harness.records.results import Results

from support.faultless import LR, arms, record, results, warned, whole
from support.made_up import interval
from support.studies import WIDENING, run, write_study

SGD = "optimiser.sgd"
PLACES = (0.5, 0.95, 0.05, 0.65, 0.35, 0.75, 0.25, 0.85, 0.15, 0.55)


def peaked(best: float, name: str = "lr", bounds: tuple[float, float] = LR["sgd"]) -> list[Record]:
    """Ten trials of sgd whose scores fall with the distance from a position on the log scale."""
    low, high = bounds
    return [
        record("search", "sgd", trial, 0, 80 - 20 * (place - best) ** 2, **{name: low * (high / low) ** place})
        for trial, place in enumerate(PLACES)
    ]  # fmt: skip


@pytest.mark.parametrize(("best", "end", "value"), [(1.2, "upper", "0.7943"), (-0.3, "lower", "0.01259")])
def test_edge_of_the_chosen_value(best, end, value):
    (found,) = warned(results(changed=peaked(best)), "EDGE")
    assert found.arm == "sgd"
    assert found.evidence == (
        f"optimiser.sgd.lr: the chosen value of 10 trials, {value}, is at the {end} end of [0.01, 1] log: towards it "
        "scores do not get worse"
    )
    low, high = (0.01, 10.0) if end == "upper" else (0.001, 1.0)
    assert tomllib.loads(found.change) == {"optimiser.sgd.lr": {"low": low, "high": high, "scale": "log"}}


@pytest.mark.parametrize("best", [0.2, 0.5, 0.8])
def test_edge_is_silent_where_scores_get_worse_towards_the_end(best):
    assert not warned(results(changed=peaked(best)), "EDGE")


def test_failed_trials_count_as_the_worst():
    failing = [
        replace(each, curve=[], reason="the loss became nan at step 7 of 10") if PLACES[each.trial] > 0.7 else each
        for each in peaked(1.2)
    ]
    assert warned(results(changed=peaked(1.2)), "EDGE")
    assert not warned(results(changed=failing), "EDGE")


def test_edge_is_measured_on_the_scale():
    lr = {f"{SGD}.lr": {"low": 0.01, "high": 1.0, "scale": "linear", "integer": False}}
    falling = peaked(0.3)  # at most to 0.04, which is the lower end of a linear range
    assert not warned(results(changed=falling), "EDGE")
    (found,) = warned(results(arms=arms(sgd={"space": lr}), changed=falling), "EDGE")
    assert "is at the lower end of [0.01, 1]:" in found.evidence


def test_edge_is_silent_at_a_natural_limit_on_that_side_only():
    for bounds, best, warns in (
        ((1e-8, 1e-3), -0.3, False),
        ((1e-8, 1e-3), 1.3, True),
        ((1e-5, 1e-3), -0.3, True),
    ):  # the last end is nobody's limit
        space = {f"{SGD}.weight_decay": interval(*bounds)}
        changed = peaked(best, "weight_decay", bounds)
        assert bool(warned(results(arms=arms(sgd={"space": space}), changed=changed), "EDGE")) == warns
    momentum = {f"{SGD}.momentum": interval(0.1, 0.9)}
    assert warned(results(arms=arms(sgd={"space": momentum}), changed=peaked(1.3, "momentum", (0.1, 0.9))), "EDGE")


def test_edge_is_silent_about_options_and_before_the_search_is_over():
    options = arms(sgd={"space": {f"{SGD}.lr": {"options": [0.01, 1.0]}}})
    assert not warned(results(arms=options, changed=peaked(1.2)), "EDGE")
    assert not warned(results([*whole("adam"), *peaked(1.2)[:9]]), "EDGE")
    assert warned(results([*whole("adam"), *peaked(1.2)]), "EDGE")


def test_edge_is_judged_by_the_range_as_it_was_widened_and_by_the_trials_of_the_rounds():
    old, new = Range(*LR["sgd"], "log"), Range(LR["sgd"][0], 10.0, "log")
    change = Change(hyperparameter=f"{SGD}.lr", side="high", old=old, new=new, arms=("sgd",))
    decided = [Widened(repeat=0, round=1, trials=5, changes=(change,))]

    def after(best: float) -> Results:
        """Positions in the wide range: the first ten trials fill its lower two thirds."""
        lrs = [new.scale.from_unit(0.7 + 0.06 * trial, new.low, new.high) for trial in range(5)]
        extra = [
            record("search", "sgd", trial, 0, 80 - 45 * (0.7 + 0.06 * trial - best) ** 2, lr=lr, round=1)
            for trial, lr in enumerate(lrs)
        ]
        return replace(results(changed=[*peaked(best * 3 / 2), *extra]), decisions=decided)

    assert not warned(after(0.8), "EDGE")
    (found,) = warned(after(1.2), "EDGE")
    assert "the chosen value of 15 trials, 6.607, is at the upper end of [0.01, 10] log after 1 round of widening" in (
        found.evidence
    )
    assert tomllib.loads(found.change)[f"{SGD}.lr"]["high"] == 100.0


def test_a_real_study_warns_of_an_edge_and_takes_the_change(tmp_path):
    run(write_study(tmp_path, WIDENING), tmp_path / "out", overrides=("search.widen=false",))
    (found,) = [each for each in warned(Results.of(ResultFolder(tmp_path / "out")), "EDGE") if each.arm == "sgd"]
    assert "upper end" in found.evidence
    own = '"optimiser.sgd.lr" = { low = 0.001, high = 0.004 }\n'
    pasted = write_study(tmp_path, WIDENING.replace(own, found.change + "\n"), "wider.toml")
    run(pasted, tmp_path / "wider", overrides=("search.widen=false",))
    space = Results.of(ResultFolder(tmp_path / "wider")).study.arms["sgd"].space["optimiser.sgd.lr"]
    assert space == Range(0.001, 0.012, "log")

"""The tables tuning_curve and sensitivity: against every subset, positions on every scale, importance where known."""

from __future__ import annotations

import itertools
import math
import random
import statistics
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.trials import FEWEST_TRIALS, importance, sensitivity, tuning_curve
from harness.plugin.ranges import Options, Range, domain_to_json, from_unit
from harness.records.results import Results
from harness.report.formats import to_plain

from support.by_hand import LR, record, results, whole
from support.made_up import made_arm

DOMAINS = {
    "optimiser.adam.lr": Range(1e-4, 1.0, "log"),
    "optimiser.adam.beta1": Range(0.5, 0.999, "one_minus_log"),
    "optimiser.adam.size": Range(1, 9, integer=True),
    "optimiser.adam.amsgrad": Options((False, True)),
}


def searched(
    values: list[dict[str, Any]], scores: list[float | None], domains: dict[str, Any] = DOMAINS, **changes: Any
) -> Results:
    """One arm; values by the last word of the name, one mapping a trial."""
    space = {name: domain_to_json(each) for name, each in domains.items()}
    defaults = {f"optimiser.adam.{name}": value for name, value in values[0].items()}
    arms = {"adam": made_arm({}, space=space, defaults=defaults)}
    trials = [
        record("search", "adam", number, 0, score, each)
        for number, (each, score) in enumerate(zip(values, scores, strict=True))
    ]
    return results(*trials, arms=arms, compare=[], select={"trials": 3, "seeds": 0}, **changes)


# The tuning curve


@pytest.mark.parametrize(("direction", "best"), [("maximise", max), ("minimise", min)])
def test_the_curve_is_the_mean_over_all_subsets_of_the_drawn_trials(direction, best):
    scores = [99.0 if direction == "maximise" else 1.0, 70.0, 71.5, None, 60.0, 64.0]
    found = to_plain(tuning_curve(searched([{"lr": 0.1}] * 6, scores, direction=direction)))
    worst = 60.0 if direction == "maximise" else 71.5
    drawn = [worst if score is None else score for score in scores[1:]]
    assert [(each["arm"], each["trials"], each["n"], each["failed"]) for each in found] == [
        ("adam", number, 5, 1) for number in range(1, 6)
    ]
    for each in found:
        subsets = list(itertools.combinations(drawn, each["trials"]))
        assert each["expected_best"] == pytest.approx(statistics.fmean(map(best, subsets)))


def test_a_failed_trial_scores_the_worst_of_all_arms():
    trials = [record("search", arm, trial, 0, score) for arm, scores in
              {"adam": [1.0, 70.0, None], "sgd": [1.0, 50.0, 55.0]}.items()
              for trial, score in enumerate(scores)]  # fmt: skip
    found = to_plain(tuning_curve(results(*trials)))
    assert [(each["arm"], each["expected_best"]) for each in found] == [
        ("adam", 60.0), ("adam", 70.0), ("sgd", 52.5), ("sgd", 55.0),
    ]  # fmt: skip


def test_an_adaptive_sampler_has_no_curve():
    frame = tuning_curve(results(*whole(), search={"trials": 4, "sampler": "tpe", "batch": 4}))
    assert (len(frame), list(frame.columns)) == (0, ["arm", "trials", "n", "expected_best", "failed"])
    assert len(tuning_curve(results(*whole(), search={"trials": 4, "sampler": "random", "batch": 4}))) == 6


def test_an_arm_of_which_every_trial_failed_has_no_expectation():
    found = searched([{"lr": 0.1}] * 3, [5.0, None, None])
    assert [each["expected_best"] for each in to_plain(tuning_curve(found))] == [None, None]
    assert len(tuning_curve(searched([{"lr": 0.1}], [5.0]))) == 0


# Positions


@given(st.sampled_from([each for each in DOMAINS.values() if isinstance(each, Range)]), st.floats(0, 0.999))
def test_a_position_is_where_the_search_would_have_drawn_the_value(domain, at):
    if domain.integer:
        value = from_unit(domain, at)
        assert domain.position(value) == pytest.approx((value - 1) / 8)
    else:
        assert domain.position(from_unit(domain, at)) == pytest.approx(at, abs=1e-9)


@pytest.mark.parametrize(("value", "position"), [(0.0, 0.0), (1e-4, 0.0), (1e-2, 0.5), (1.0, 1.0), (7.0, 1.0)])
def test_what_lies_beyond_a_range_is_at_its_end(value, position):
    assert DOMAINS["optimiser.adam.lr"].position(value) == pytest.approx(position)
    assert DOMAINS["optimiser.adam.beta1"].position(1.0) == 1.0


# Sensitivity


def test_sensitivity_of_a_small_search_in_full():
    values = [
        {"lr": 0.0, "beta1": 0.9, "size": 1, "amsgrad": False},
        {"lr": 1e-2, "beta1": 0.5, "size": 9, "amsgrad": True},
        {"lr": 1e-1, "beta1": 0.95, "size": 5, "amsgrad": False},
        {"lr": 1e-3, "beta1": 0.99, "size": 3, "amsgrad": True},
        {"lr": 1.0, "beta1": 0.999, "size": 3, "amsgrad": True},
    ]
    found = to_plain(sensitivity(searched(values, [60.0, 62.0, 61.0, 10.0, None])))
    beta1 = math.log(0.1 / 0.5) / math.log(0.001 / 0.5)
    shown = {each["hyperparameter"].split(".")[2]: each for each in found}
    assert list(shown) == ["lr", "beta1", "size", "amsgrad"]
    assert shown["lr"] == {
        "arm": "adam", "hyperparameter": "optimiser.adam.lr", "low": 1e-4, "high": 1.0, "scale": "log", "default": 0.0,
        "best": 1e-2, "position": pytest.approx(0.5), "top3_position": pytest.approx(0.5), "importance": None, "n": 4,
    }  # fmt: skip
    assert shown["beta1"]["scale"] == "one_minus_log"
    assert shown["beta1"]["position"] == 0.0
    assert shown["beta1"]["top3_position"] == pytest.approx(beta1)
    assert (shown["size"]["position"], shown["size"]["top3_position"]) == (1.0, 0.5)
    assert shown["amsgrad"] == {
        "arm": "adam", "hyperparameter": "optimiser.adam.amsgrad", "low": None, "high": None, "scale": "options",
        "default": False, "best": True, "position": None, "top3_position": None, "importance": None, "n": 4,
    }  # fmt: skip


def test_what_the_winner_does_not_use_has_no_position_and_counts_the_trials_that_used_it():
    values = [{"lr": 1e-2, "beta1": 0.9}, {"lr": 1e-1}, {"lr": 1.0, "beta1": 0.5}]
    found = searched(values, [1.0, 2.0, 0.5], {name: DOMAINS[name] for name in list(DOMAINS)[:2]})
    lr, beta1 = to_plain(sensitivity(found))
    assert (lr["n"], lr["best"]) == (3, 0.1)
    assert (beta1["n"], beta1["best"], beta1["position"]) == (2, None, None)
    assert beta1["top3_position"] == pytest.approx((math.log(0.2) / math.log(0.002)) / 2)


def drawn(count: int, seed: int = 3) -> list[dict[str, Any]]:
    draw = random.Random(seed)
    return [{name: from_unit(each, draw.random()) for name, each in DOMAINS.items()} for _ in range(count)]


@pytest.mark.parametrize("name", list(DOMAINS)[:3])
def test_importance_finds_the_only_hyperparameter_that_matters(name):
    trials = drawn(40)
    domain = DOMAINS[name]
    assert isinstance(domain, Range)
    costs = [abs(domain.position(each[name]) - 0.7) for each in trials]
    found = importance(DOMAINS, trials, costs)
    assert sum(found.values()) == pytest.approx(1)
    assert found[name] > 0.6
    assert max(found, key=lambda each: found[each]) == name


def test_importance_knows_which_way_the_metric_is_better():
    values = [{"lr": 10 ** (-4 + 4 * number / 15), "beta1": 0.5 + 0.03 * (number * 7 % 16)} for number in range(16)]
    domains = {name: DOMAINS[name] for name in list(DOMAINS)[:2]}
    scores = [100.0 - (number - 3) ** 2 for number in range(16)]  # best near one value of lr
    up, down = (
        to_plain(sensitivity(searched(values, [sign * score for score in scores], domains, direction=direction)))
        for sign, direction in ((1, "maximise"), (-1, "minimise"))
    )
    assert [each["importance"] for each in up] == pytest.approx([each["importance"] for each in down])
    assert up[0]["importance"] > 0.6


def test_too_few_trials_or_equal_ones_have_no_importance_and_no_warning():
    trials = drawn(FEWEST_TRIALS)
    assert importance(DOMAINS, trials[1:], [float(number) for number in range(FEWEST_TRIALS - 1)]) == {}
    assert set(importance(DOMAINS, trials, [float(number) for number in range(FEWEST_TRIALS)])) == set(DOMAINS)
    assert importance(DOMAINS, trials, [1.0] * FEWEST_TRIALS) == {}
    assert importance({}, [{}] * FEWEST_TRIALS, [1.0] * FEWEST_TRIALS) == {}


def test_importance_of_a_conditional_hyperparameter_and_of_a_single_option():
    domains = {**DOMAINS, "optimiser.adam.only": Options((3,)), "optimiser.adam.never": Range(0.0, 1.0)}
    trials = [{**each, "optimiser.adam.only": 3} for each in drawn(30)]
    for each in trials[::3]:
        del each["optimiser.adam.beta1"]
    found = importance(domains, trials, [each["optimiser.adam.lr"] for each in trials])
    assert found["optimiser.adam.only"] == 0
    assert "optimiser.adam.never" not in found
    assert max(found, key=lambda name: found[name]) == "optimiser.adam.lr"


def test_the_tables_of_a_small_study_do_not_import_optuna(monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)  # an import of it would fail
    assert len(sensitivity(results(*whole()))) == 3


def test_a_range_of_a_study_is_read_as_it_was_written():
    assert domain_to_json(Range(**LR)) == LR

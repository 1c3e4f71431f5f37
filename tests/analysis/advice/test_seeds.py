"""The warning SEEDS: fewer seeds than a verdict needs."""

from __future__ import annotations

from dataclasses import replace

from scipy import optimize, stats

from harness.records.folder import ResultFolder
from harness.records.results import Results

from support.confirmation import confirm
from support.faultless import arms, results, warned, whole


def detectable(sd: float, n: int, tests: int = 1) -> float:
    """The shift at which a t test of n differences, at 0.05 over so many tests, has 80% power: by the noncentral t."""
    edge = stats.t.ppf(1 - 0.025 / tests, n - 1)
    shift = optimize.brentq(lambda shift: stats.nct.sf(edge, n - 1, shift) - 0.8, 0.01, 50)
    return float(shift) * sd / n**0.5


def spread(found: Results) -> float:
    adam, sgd = (found.sample(arm).scores for arm in ("adam", "sgd"))
    return float(stats.tstd([adam[seed] - sgd[seed] for seed in adam]))


def test_nine_seeds_say_what_they_detect():
    found = results([*whole("adam", seeds=9), *whole("sgd", seeds=9)])
    (advice,) = warned(found, "SEEDS")
    sd = spread(found)
    assert (advice.arm, advice.change) == ("adam", "--set confirm.seeds=10")
    least = f"{detectable(sd, 9):.4g}"
    assert advice.evidence == (
        f"9 seeds, fewer than 10; they detect a difference of {least} with at most 80% power (paired sd {sd:.4g})"
    )
    assert advice.advice == "its size is hardly known; add seeds"


def test_five_seeds_give_no_verdict_and_ten_are_promised_something():
    found = results([*whole("adam", seeds=5), *whole("sgd", seeds=5)])
    (advice,) = warned(found, "SEEDS")
    sd = spread(found)
    least = f"{detectable(sd, 10):.4g}"
    assert advice.evidence == (
        f"5 seeds, fewer than 6; 10 would detect one of {least} with at most 80% power (paired sd {sd:.4g})"
    )
    assert advice.advice == "there is no verdict; add seeds"


def test_the_level_is_that_of_all_comparisons():
    three = {**arms(), "sgd2": arms()["sgd"]}
    runs = [each for arm in ("adam", "sgd") for each in whole(arm, seeds=6)]
    runs += [replace(each, arm="sgd2") for each in whole("sgd", seeds=6)]
    found = results(runs, arms=three)
    sd = spread(found)
    evidence = {each.arm: each.evidence for each in warned(found, "SEEDS")}["adam"]
    assert f"a difference of {detectable(sd, 6, 2):.4g} with at most 80% power over 2 comparisons" in evidence


def test_an_open_verdict_says_what_would_settle_it():
    noisy = confirm("adam", [80.5 + 3 * (-1) ** place + place / 2 for place in range(6)])
    found = results([*whole("adam", seeds=0), *whole("sgd", seeds=6), *noisy], smallest_difference=1.0)
    (advice,) = warned(found, "SEEDS")
    verdict = found.against_baseline[0].verdict
    units, worst = verdict.units, verdict.at_worst
    assert units is not None
    assert units > 20
    assert worst is None
    assert advice.advice == f"small differences stay open; about {units} to over 1,000 seeds in all would settle it"
    assert advice.change == f"--set confirm.seeds={units}"


def test_more_seeds_are_not_advised_where_they_would_not_help(monkeypatch):
    monkeypatch.setattr(Results, "untuned", frozenset({"sgd"}))
    found = results([*whole("adam", seeds=6), *whole("sgd", seeds=6)])
    (advice,) = warned(found, "SEEDS")
    assert found.against_baseline[0].verdict.withheld == "sgd"
    assert advice.advice == "small differences stay open; more seeds will not help while sgd is not tuned: see EDGE"
    assert advice.change == ""
    monkeypatch.setattr(Results, "untuned", frozenset())
    noisy = confirm("adam", [80.6 + 9 * (-1) ** place for place in range(6)])
    found = results([*whole("adam", seeds=0), *whole("sgd", seeds=6), *noisy], smallest_difference=0.01)
    (advice,) = warned(found, "SEEDS")
    assert found.against_baseline[0].verdict.units is None
    assert advice.advice == "small differences stay open; up to 1,000 seeds would hardly settle it"
    assert advice.change == ""


def test_seeds_of_one_arm_are_compared_with_its_defaults():
    only = {"sgd": arms()["sgd"]}
    (advice,) = warned(results(whole("sgd", seeds=5), arms=only), "SEEDS")
    assert advice.arm == "sgd"
    assert advice.evidence.startswith("5 seeds, fewer than 6; 10 would detect one of ")
    (advice,) = warned(results(whole("sgd", seeds=1), arms=only), "SEEDS")
    assert advice.evidence == "1 seed, fewer than 6"


def test_seeds_are_silent_from_ten_on_and_without_any():
    assert not warned(results(), "SEEDS")
    assert not warned(results([*whole("adam", seeds=0), *whole("sgd", seeds=0)]), "SEEDS")


def test_a_real_study_of_three_seeds_warns(undisturbed):
    found = warned(Results.of(ResultFolder(undisturbed)), "SEEDS")
    assert [(each.arm, each.evidence.partition(";")[0]) for each in found] == [("sgd", "3 seeds, fewer than 6")]

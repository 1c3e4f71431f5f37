"""The warning SEEDS: fewer seeds than a verdict needs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scipy import stats

from harness.records.folder import ResultFolder
from harness.records.results import Results

from support.confirmation import confirm
from support.faultless import arms, results, warned, whole


@pytest.mark.parametrize(("seeds", "below", "words"), [(5, 6, "there is no verdict"), (9, 10, "as exploratory")])
def test_seeds(seeds, below, words):
    found = results([*whole("adam", seeds=seeds), *whole("sgd", seeds=seeds)])
    (advice,) = warned(found, "SEEDS")
    adam, sgd = (found.scores(arm) for arm in ("adam", "sgd"))
    sd = stats.tstd([adam[seed] - sgd[seed] for seed in adam])
    least = (stats.t.ppf(0.975, seeds - 1) + stats.t.ppf(0.8, seeds - 1)) * sd / seeds**0.5
    assert advice.arm == "adam"
    assert advice.evidence == (
        f"{seeds} seeds, fewer than {below}; with 80% power they detect a difference of {least:.4g} "
        f"(paired sd {sd:.4g})"
    )
    assert words in advice.advice
    assert advice.change == "--set confirm.seeds=10"


def test_seeds_that_holms_correction_needs():
    """Two comparisons at six pairs: the smallest p there is, 2/64, is 0.0625 after Holm."""
    three = {**arms(), "sgd2": arms()["sgd"]}
    runs = [each for arm in ("adam", "sgd") for each in whole(arm, seeds=6)]
    runs += [replace(each, arm="sgd2") for each in whole("sgd", seeds=6)]
    assert {each.advice.split(";")[0] for each in warned(results(runs, arms=three), "SEEDS")} == {
        "nothing can be better or worse: over 2 comparisons that takes 7 pairs"
    }


def test_seeds_that_a_small_difference_needs():
    noisy = confirm("adam", [80.5 + 3 * (-1) ** place + place / 2 for place in range(6)])
    found = results([*whole("adam", seeds=0), *whole("sgd", seeds=6), *noisy], smallest_difference=1.0)
    (advice,) = warned(found, "SEEDS")
    seeds = int(advice.change.removeprefix("--set confirm.seeds="))
    assert seeds > 20
    assert f"{seeds} seeds detect 1, the least that matters" in advice.advice
    (advice,) = warned(results(list(found.records.values()), smallest_difference=0.01), "SEEDS")
    assert advice.change == "--set confirm.seeds=10"  # hundreds of thousands are no advice


def test_seeds_of_one_arm_are_compared_with_its_defaults():
    only = {"sgd": arms()["sgd"]}
    (advice,) = warned(results(whole("sgd", seeds=5), arms=only), "SEEDS")
    assert advice.evidence.startswith("5 seeds, fewer than 6; with 80% power")
    (advice,) = warned(results(whole("sgd", seeds=1), arms=only), "SEEDS")
    assert advice.evidence == "1 seed, fewer than 6"


def test_seeds_are_silent_from_ten_on_and_without_any():
    assert not warned(results(), "SEEDS")
    assert not warned(results([*whole("adam", seeds=0), *whole("sgd", seeds=0)]), "SEEDS")


def test_a_real_study_of_three_seeds_warns(undisturbed):
    found = warned(Results.of(ResultFolder(undisturbed)), "SEEDS")
    assert [(each.arm, each.evidence.partition(";")[0]) for each in found] == [("sgd", "3 seeds, fewer than 6")]

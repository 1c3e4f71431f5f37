"""Warnings about runs: SEEDS, FAILED, DANGER, OPTIMISM, PAIRING, SPREAD, TEST, DEFAULTS."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from typing import Any

import pytest
from scipy import stats

from harness.analysis.advice.advise import advise
from harness.metric import Metric
from harness.records.folder import ResultFolder
from harness.records.record import Opening
from harness.records.results import Results

from support.faultless import NOISE, arms, record, results, warned, whole
from support.made_up import interval
from support.studies import STUDY, run, write_study


def confirm(arm: str, values: list[float | None], trial: int = 2):
    """Confirmation runs of a trial, from seed 100 on."""
    return [record("confirm", arm, trial, 100 + place, value) for place, value in enumerate(values)]


# SEEDS


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


def test_a_real_study_of_three_seeds_warns(tmp_path):
    run(write_study(tmp_path), tmp_path / "out")
    found = warned(Results.of(ResultFolder(tmp_path / "out")), "SEEDS")
    assert [(each.arm, each.evidence.partition(";")[0]) for each in found] == [("sgd", "3 seeds, fewer than 6")]


# FAILED


def test_failed_runs():
    changed = [*confirm("sgd", [None, None]), record("confirm", "sgd", 0, 104, None)]
    own, defaults = warned(results(changed=changed), "FAILED")
    assert own.evidence.startswith("2 of 10 confirmation runs failed, at seed 100, 101 (the loss became nan")
    assert defaults.evidence.startswith("1 of 10 confirmation runs of its defaults failed, at seed 104 (the loss")


def test_a_search_that_failed_altogether():
    lost = [record("search", "sgd", trial, 0, None) for trial in range(10)]
    (advice,) = warned(results([*whole("adam"), *lost]), "FAILED")
    assert (advice.arm, advice.evidence) == (
        "sgd", "all 10 search runs failed, first: the loss became nan at step 7 of 10"
    )  # fmt: skip
    assert not warned(results([*whole("adam"), *lost[:3]]), "FAILED")  # it is still searching


def test_failed_is_silent_about_a_few_search_runs():
    assert not warned(results(changed=[record("search", "sgd", 9, 0, None)]), "FAILED")
    assert not warned(results([]), "FAILED")


def test_a_real_study_whose_arm_fails_warns(tmp_path):
    text = STUDY.replace('{ name = "sgd", search = ["lr", "nesterov"] }', '{ name = "raising", after = 1 }')
    run(write_study(tmp_path, text), tmp_path / "out")
    (advice,) = warned(Results.of(ResultFolder(tmp_path / "out")), "FAILED")
    assert advice.evidence == "all 1 search run failed, first: RuntimeError: raised after 1 steps"


# DANGER


def test_danger_of_a_winner_that_fails():
    (advice,) = warned(results(changed=confirm("sgd", [None])), "DANGER")
    assert advice.evidence == "1 of 11 runs of its winner failed: the loss became nan at step 7 of 10"


@pytest.mark.parametrize(("diverged", "warns"), [(0.15, True), (0.22, True), (0.23, False)])
def test_danger_near_divergence(diverged, warns):
    changed = [record("search", "sgd", 2, 0, 83.0, lr=0.11), record("search", "sgd", 9, 0, None, lr=diverged)]
    changed.append(record("search", "sgd", 8, 0, None, lr=0.9))
    found = warned(results(changed=changed), "DANGER")
    assert bool(found) == warns
    if warns:
        assert found[0].evidence == (
            f"optimiser.sgd.lr = 0.11; the smallest that diverged is {diverged} (2 of 10 trials did)"
        )
        assert tomllib.loads(found[0].change)["optimiser.sgd.lr"]["high"] == diverged / 2


def test_danger_is_silent_about_other_failures_and_fixed_rates():
    other = record("search", "sgd", 9, 0, None, lr=0.11, reason="RuntimeError: CUDA is out of memory")
    winner = record("search", "sgd", 2, 0, 83.0, lr=0.11)
    assert not warned(results(changed=[winner, other]), "DANGER")
    nan = record("search", "sgd", 9, 0, None, lr=0.11)
    fixed = arms(sgd={"space": {"optimiser.sgd.momentum": interval(0.5, 0.9)}})
    assert not warned(results(changed=[winner, nan], arms=fixed), "DANGER")
    assert warned(results(changed=[winner, nan]), "DANGER")


# OPTIMISM


def test_optimism():
    changed = [record("search", "adam", 2, 0, 90.0)]
    (advice,) = warned(results(changed=changed), "OPTIMISM")
    assert advice.arm == "adam"
    assert advice.evidence.startswith(
        "search score 90, the best of 10 trials; mean 80.51 over 10 fresh seeds: 9.49 worse"
    )


@pytest.mark.parametrize(("factor", "warns"), [(1.9, False), (2.1, True)])
def test_optimism_is_measured_in_sd_of_the_baseline(factor, warns):
    plain = results()
    scores = plain.scores("adam").values()
    score = sum(scores) / len(scores) + factor * stats.tstd(list(plain.scores("sgd").values()))
    assert bool(warned(results(changed=[record("search", "adam", 2, 0, score)]), "OPTIMISM")) == warns
    low = results(changed=[record("search", "adam", 2, 0, score)], direction="minimise")
    assert not [each for each in warned(low, "OPTIMISM") if each.arm == "adam"]


def test_optimism_is_silent_without_a_choice_or_a_spread():
    once = [*whole("adam", trials=1, winner=0), *whole("sgd", trials=1, winner=0)]
    assert not warned(results(once, changed=[record("search", "adam", 0, 0, 99.0)]), "OPTIMISM")
    flat = confirm("sgd", [80.0] * 10)
    assert not warned(results(changed=[*flat, record("search", "adam", 2, 0, 99.0)]), "OPTIMISM")


# PAIRING


def test_pairing():
    changed = confirm("adam", [80.5 - noise for noise in NOISE])
    (advice,) = warned(results(changed=changed), "PAIRING")
    assert advice.arm == "adam"
    assert advice.evidence.startswith("r = −0.9996 with sgd over 10 seeds; sd of the differences 1.0")


def test_pairing_is_silent_where_it_helps_or_cannot_be_known():
    assert not warned(results(), "PAIRING")
    assert not warned(results(changed=confirm("adam", [80.0] * 10)), "PAIRING")
    two = [*whole("adam", seeds=0), *whole("sgd", seeds=2), *confirm("adam", [81.0, 80.0])]
    assert not warned(results(two), "PAIRING")


# SPREAD


@pytest.mark.parametrize(("fold", "warns"), [(2.9, False), (3.2, True)])
def test_spread(fold, warns):
    changed = confirm("adam", [80.5 + fold * noise for noise in NOISE])
    found = warned(results(changed=changed), "SPREAD")
    assert bool(found) == warns
    if warns:
        assert found[0].arm == "adam"
        assert "(n = 10), 3.185 times that of sgd, 0.5197 (n = 10)" in found[0].evidence


def test_spread_is_silent_where_there_is_none_or_too_few():
    assert not warned(results(changed=confirm("adam", [80.0] * 10)), "SPREAD")
    two = [*whole("adam", seeds=0), *whole("sgd", seeds=2), *confirm("adam", [81.0, 90.0])]
    assert not warned(results(two), "SPREAD")


# TEST


def opening(found: Results, **changes: Any) -> Opening:
    """A line of the ledger, as things stood."""
    fingerprints = {arm: winner.fingerprint for arm in found.arms if (winner := found.chosen(arm))}
    facts = {"time": "2026-01-01", "seed_indices": [100], "fingerprints": fingerprints, "runs": 20, "records": 20}
    return Opening(**facts | changes)


def test_the_test_split_opened_once_and_nothing_since_is_silent():
    assert not warned(results(ledger=[opening(results())]), "TEST")
    assert not warned(results(), "TEST")


def test_the_test_split_opened_twice():
    twice = [opening(results()), opening(results(), time="2026-01-02")]
    (advice,) = warned(results(ledger=twice), "TEST")
    assert advice.evidence == "the test split was opened 2 times: 2026-01-01, 2026-01-02"


def test_a_search_after_the_opening():
    (advice,) = warned(results(ledger=[opening(results(), records=18)]), "TEST")
    assert advice.evidence == "the test split was opened at 2026-01-01; since: 2 search runs more than then"


def test_another_choice_after_the_opening():
    changed = [record("search", "sgd", 5, 0, 99.0)]
    (advice,) = warned(results(changed=changed, ledger=[opening(results())]), "TEST")
    assert advice.evidence == "the test split was opened at 2026-01-01; since: another choice than then: sgd"


def test_the_ledger_of_a_real_folder(tmp_path):
    run(write_study(tmp_path), tmp_path / "out")
    folder = ResultFolder(tmp_path / "out")
    found = Results.of(folder)
    folder.append_ledger(opening(found, records=8))
    assert folder.ledger() == [opening(found, records=8)]
    assert not warned(Results.of(folder), "TEST")
    run(write_study(tmp_path), tmp_path / "out", overrides=("search.trials=6",))
    (advice,) = warned(Results.of(folder), "TEST")
    assert "4 search runs more than then" in advice.evidence


# DEFAULTS


def test_defaults_that_tuning_did_not_beat():
    changed = confirm("sgd", [80.0 + noise for noise in reversed(NOISE)], trial=0)
    (advice,) = warned(results(changed=changed), "DEFAULTS")
    found = results(changed=changed)
    tuned, untuned = found.scores("sgd"), found.default_sample("sgd").scores
    low, high = stats.ttest_rel(list(tuned.values()), list(untuned.values())).confidence_interval(0.95)
    assert low < 0 < high
    assert advice.arm == "sgd"
    assert advice.evidence == "tuned better than defaults by 0.00 [−0.66, +0.66] (n = 10, 10 trials)".replace(
        "0.66", f"{high:.2f}"
    )
    assert advice.change == "--set search.trials=20"


def test_defaults_that_won_the_search():
    found = warned(results([*whole("adam"), *whole("sgd", winner=0)]), "DEFAULTS")
    assert [(each.arm, each.evidence) for each in found] == [
        ("sgd", "none of 9 drawn trials was better than the defaults")
    ]


def mirrored(found: Results) -> Results:
    """The same study of a metric that is better the lower it is."""
    turned = {
        key: each if each.reason else replace(each, curve=[{"step": 10, "dev_uas": -each.score(found.metric)}])
        for key, each in found.records.items()
    }
    return Results(replace(found.study, metric=Metric("dev_uas", "minimise")), turned)


def test_warnings_respect_the_direction():
    assert advise(mirrored(results())) == []
    changed = confirm("sgd", [80.0 + noise for noise in reversed(NOISE)], trial=0)
    changed.append(record("search", "adam", 2, 0, 90.0))
    turned = advise(mirrored(results(changed=changed)))
    assert [(each.id, each.arm) for each in turned] == [("OPTIMISM", "adam"), ("DEFAULTS", "sgd")]
    assert [each.evidence for each in turned][1] == warned(results(changed=changed), "DEFAULTS")[0].evidence


def test_defaults_are_silent_where_tuning_pays_or_is_not_confirmed():
    assert not warned(results(), "DEFAULTS")
    assert not warned(results([*whole("adam", seeds=1), *whole("sgd", seeds=1)]), "DEFAULTS")
    assert not warned(results([*whole("adam", seeds=0), *whole("sgd", seeds=0, winner=0)]), "DEFAULTS")
    fixed = arms(sgd={"space": {}}, adam={"space": {}})
    once = [*whole("adam", trials=1, winner=0), *whole("sgd", trials=1, winner=0)]
    assert not warned(results(once, arms=fixed), "DEFAULTS")

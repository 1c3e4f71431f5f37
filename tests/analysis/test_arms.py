"""The tables arms and comparisons: against direct computation, in either direction, with runs that failed."""

from __future__ import annotations

import itertools
import math
import statistics
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from harness.analysis.arms import arms, comparisons
from harness.analysis.findings import findings
from harness.records.results import Results
from harness.report.formats import to_plain
from harness.report.terminal import answer

from support.by_hand import CONFIRMED, DEFAULTS, record, results, whole


def row(found: Results, arm: str) -> dict[str, Any]:
    return next(each for each in to_plain(arms(found)) if each["arm"] == arm)


def compared(found: Results) -> dict[tuple[str, str, str], dict[str, Any]]:
    return {(each["kind"], each["a"], each["b"]): each for each in to_plain(comparisons(found))}


def many(scores: dict[str, list[float]], defaults: dict[str, list[float]] | None = None, **changes: Any) -> Results:
    """Arms whose trial 1 won the search with 70, confirmed with these scores."""
    found = []
    for arm, values in scores.items():
        found += [record("search", arm, trial, 0, value) for trial, value in enumerate([60.0, 70.0])]
        for trial, each in ((1, values), (0, (defaults or {}).get(arm, []))):
            found += [record("confirm", arm, trial, 100 + seed, value) for seed, value in enumerate(each)]
    return results(*found, select={"trials": 1, "seeds": 0}, **changes)


def test_an_arm_is_described_by_its_confirmation_alone():
    shown = row(results(*whole()), "sgd")
    scores, base = CONFIRMED["sgd"], CONFIRMED["adam"]
    assert (shown["min"], shown["median"]) == (78.5, 79.0)
    assert shown["iqm"] == pytest.approx(stats.trim_mean(scores, 0.25))
    assert shown["optimism"] == pytest.approx(71.5 - statistics.fmean(scores))
    assert (shown["defaults_mean"], shown["defaults_ok"], shown["defaults_n"]) == (
        pytest.approx(statistics.fmean(DEFAULTS["sgd"])), 3, 3,
    )  # fmt: skip
    assert (shown["dimensions"], shown["passes_per_step"]) == (2, 1.0)
    wins = statistics.fmean(a > b for a, b in zip(scores, base, strict=True))
    exact = stats.binomtest(1, 3).proportion_ci(method="exact")
    assert [shown[name] for name in ("p_better", "p_better_low", "p_better_high")] == pytest.approx(
        [wins, exact.low, exact.high]
    )
    assert shown["verdict"] == "exploratory"
    assert [shown[f"{name}_low"] for name in ("mean", "difference", "simultaneous")] == [None] * 3, "of three values"
    none = stats.binomtest(0, 3).proportion_ci(method="exact")
    assert [shown["failure_rate_low"], shown["failure_rate_high"]] == pytest.approx([none.low, none.high])


def test_the_baseline_is_compared_with_nobody():
    shown = row(results(*whole()), "adam")
    names = ("difference", "difference_low", "simultaneous_low", "difference_n", "p_adjusted", "p_better",
             "p_better_high", "verdict")  # fmt: skip
    assert [shown[name] for name in names] == [None] * len(names)


@pytest.mark.parametrize(("direction", "sign"), [("maximise", 1), ("minimise", -1)])
def test_optimism_is_positive_where_the_search_flattered(direction, sign):
    found = many({"adam": [70.0 - sign * 2, 70.0 - sign * 4], "sgd": [70.0, 70.0]}, direction=direction)
    if direction == "minimise":  # trial 0 has the lower score: let it be the one that loses
        records = [replace(each, curve=[{"step": 10, "dev_uas": 80.0}])
                   if (each.phase, each.trial) == ("search", 0) else each
                   for each in found.records.values()]  # fmt: skip
        found = results(*records, select={"trials": 1, "seeds": 0}, direction=direction)
    assert row(found, "adam")["optimism"] == pytest.approx(3.0)


def test_the_gap_between_train_and_dev_is_of_the_last_step_and_of_runs_that_finished():
    def run(seed: int, train: float, dev: float, **changes: Any) -> Any:
        curve = [{"step": 5, "train_accuracy": 10.0, "dev_accuracy": 90.0},
                 {"step": 10, "train_accuracy": train, "dev_accuracy": dev, "dev_uas": 1.0}]  # fmt: skip
        return record("confirm", "adam", 0, seed, 1.0, curve=curve, **changes)

    runs = [run(100, 95.0, 80.0), run(101, 90.0, 81.0), run(102, 0.0, 99.0, reason="died")]
    assert row(results(record("search", "adam", 0, 0, 1.0), *runs), "adam")["train_dev_gap"] == pytest.approx(12.0)


def test_passes_per_step_are_those_of_the_optimiser():
    found = results(record("search", "adam", 0, 0, 1.0, passes=20))
    assert row(found, "adam")["passes_per_step"] == 2.0


def drawn(seed: int, size: int, *arms: str) -> dict[str, list[float]]:
    """Scores that go together, as those of shared seeds do."""
    generator = np.random.default_rng(seed)
    shared = generator.normal(80, 1, size)
    return {arm: [float(x) for x in shared + generator.normal(0, 0.5, size)] for arm in arms}


def test_comparisons_against_direct_computation():
    samples, defaults = drawn(0, 7, "adam", "sgd"), drawn(1, 7, "adam", "sgd")
    found = compared(many(samples, defaults))
    assert list(found) == [
        ("arms", "sgd", "adam"), ("tuning", "adam", "adam, defaults"), ("tuning", "sgd", "sgd, defaults"),
    ]  # fmt: skip
    samples |= {f"{arm}, defaults": scores for arm, scores in defaults.items()}
    for (kind, a, b), shown in found.items():
        first, second = samples[a], samples[b]
        test = stats.ttest_rel(first, second)
        assert (shown["metric"], shown["n"], shown["failed"], shown["paired"]) == ("dev_uas", 7, 0, True)
        alone, family = (
            test.confidence_interval(0.95),
            test.confidence_interval(1 - 0.05 / (2 if kind == "tuning" else 1)),
        )
        assert [shown["difference_low"], shown["difference_high"]] == pytest.approx([alone.low, alone.high])
        assert [shown["simultaneous_low"], shown["simultaneous_high"]] == pytest.approx([family.low, family.high])
        assert shown["difference"] == pytest.approx(statistics.fmean(first) - statistics.fmean(second))
        assert shown["sd_difference"] == pytest.approx(
            statistics.stdev(x - y for x, y in zip(first, second, strict=True))
        )
        assert shown["sd_unpaired"] == pytest.approx(math.hypot(statistics.stdev(first), statistics.stdev(second)))
        assert shown["r"] == pytest.approx(stats.pearsonr(first, second).statistic)
        worth = (shown["sd_unpaired"] / shown["sd_difference"]) ** 2
        assert shown["unpaired_units"] == math.ceil(7 * worth)
        # Of one comparison the joint test is never easier than the exact sign flips.
        flips = [abs(sum(s * (x - y) for s, x, y in zip(signs, first, second, strict=True)))
                 for signs in itertools.product((1, -1), repeat=7)]  # fmt: skip
        exact = statistics.fmean(flip >= flips[0] - 1e-9 for flip in flips)
        assert exact - 1e-12 <= shown["p"] <= shown["p_adjusted"]


def test_the_difference_that_matters_is_half_the_spread_of_the_defaults_at_the_tuning_seeds():
    runs = many(drawn(0, 7, "adam", "sgd"), drawn(1, 7, "adam", "sgd"))
    tuned = [record("select", arm, 0, seed, value)
             for arm, values in (("adam", (60.0, 64.0)), ("sgd", (61.0, 61.5)))
             for seed, value in enumerate(values, 1)]  # fmt: skip
    found = results(*runs.records.values(), *tuned, select={"trials": 1, "seeds": 2, "defaults": True})
    groups = [[60.0, 60.0, 64.0], [60.0, 61.0, 61.5]]
    squares = sum((x - statistics.fmean(group)) ** 2 for group in groups for x in group)
    (delta,) = {each["delta"] for each in compared(found).values()}
    assert delta == pytest.approx(math.sqrt(squares / 4) / 2)


def test_each_family_is_corrected_for_itself():
    scores, defaults = drawn(0, 8, "adam", "sgd"), drawn(1, 8, "adam", "sgd")
    found = compared(many(scores, {arm: [x - 0.4 for x in values] for arm, values in defaults.items()}))
    one = found["arms", "sgd", "adam"]
    assert one["p"] == one["p_adjusted"]
    tuning = [found["tuning", arm, f"{arm}, defaults"] for arm in ("adam", "sgd")]
    assert all(each["p"] <= each["p_adjusted"] for each in tuning)
    assert any(each["p"] < each["p_adjusted"] for each in tuning)
    alone = compared(many(scores, {"adam": [x - 0.4 for x in defaults["adam"]]}))["tuning", "adam", "adam, defaults"]
    assert alone["p"] == tuning[0]["p"]


def test_a_winner_that_is_the_defaults_is_not_compared_with_itself():
    found = many({"adam": [80.0, 81.0], "sgd": [79.0, 80.0]}, {"adam": [70.0, 71.0]})
    sgd = [replace(each, trial=1 - each.trial) if each.arm == "sgd" else each for each in found.records.values()]
    assert list(compared(results(*sgd, select={"trials": 1, "seeds": 0}))) == [
        ("arms", "sgd", "adam"), ("tuning", "adam", "adam, defaults"),
    ]  # fmt: skip


def test_a_study_sets_the_difference_that_matters_for_both_families():
    found = compared(results(*whole(), smallest_difference=2.5))
    assert {each["delta"] for each in found.values()} == {2.5}


SPOILT = {"adam": [80.0, 82.0, None], "sgd": [79.0, 60.0, 81.0]}
"""The scores of two arms, of which one lost a seed."""


def test_failed_runs_are_counted_in_comparisons_and_their_seeds_left_out():
    found = many(SPOILT, {"adam": [70.0, 50.0, 75.0]})
    shown = compared(found)
    assert (shown["arms", "sgd", "adam"]["failed"], shown["arms", "sgd", "adam"]["n"]) == (1, 2)
    assert shown["arms", "sgd", "adam"]["difference"] == pytest.approx((-1 - 22) / 2)
    tuning = shown["tuning", "adam", "adam, defaults"]
    assert (tuning["failed"], tuning["n"]) == (1, 2)
    assert tuning["difference"] == pytest.approx((10 + 32) / 2)
    arm = row(found, "adam")
    rate = stats.binomtest(1, 3).proportion_ci(method="exact")
    assert (arm["ok"], arm["n"], arm["mean"], arm["min"]) == (2, 3, 81.0, 80.0)
    assert [arm["failure_rate_low"], arm["failure_rate_high"]] == pytest.approx([rate.low, rate.high])


def test_a_study_may_say_what_a_failed_run_scores():
    found = many(SPOILT, {"adam": [70.0, 50.0, 75.0]}, failed=20.0)
    shown = compared(found)
    assert shown["arms", "sgd", "adam"]["difference"] == pytest.approx((-1 - 22 + (81 - 20)) / 3)
    assert shown["tuning", "adam", "adam, defaults"]["difference"] == pytest.approx((10 + 32 + (20 - 75)) / 3)
    assert (row(found, "adam")["ok"], row(found, "adam")["mean"]) == (2, pytest.approx((80 + 82 + 20) / 3))


def test_an_arm_that_fails_more_often_is_not_called_better():
    good, base = drawn(0, 8, "sgd", "adam").values()
    better = [x + 5 for x in good]
    assert row(many({"adam": base, "sgd": better}), "sgd")["verdict"] == "better"
    better[3] = None
    assert row(many({"adam": base, "sgd": better}), "sgd")["verdict"] == "undecided, sgd fails more often"
    assert row(many({"adam": better, "sgd": base}), "sgd")["verdict"] == "undecided, adam fails more often"


def test_an_arm_that_is_not_confirmed_has_a_row_without_numbers():
    shown = compared(results(*(each for each in whole() if (each.phase, each.arm) != ("confirm", "sgd"))))
    row = shown["arms", "sgd", "adam"]
    names = ("difference", "p", "p_adjusted", "delta", "verdict", "detectable")
    assert [row["n"], *(row[name] for name in names)] == [0] + [None] * len(names)


def test_arms_with_unequal_budgets_have_differences_and_no_verdict():
    def verdicts(found: Results) -> list[str | None]:
        return [row(found, "sgd")["verdict"], *(each["verdict"] for each in compared(found).values())]

    scores = {"adam": [80.0, 79.0, 81.0, 80.5, 78.5, 80.2], "sgd": [82.0, 81.5, 83.1, 82.2, 80.4, 82.3]}
    equal = many(scores, {"adam": [70.0, 69.5, 71.0, 70.1, 69.0, 70.2]}, search={"trials": 2, "sampler": "sobol"})
    assert verdicts(equal)[:2] == ["better", "better"]
    further = record("search", "adam", 2, 0, 1.0)
    more = replace(equal, records={**equal.records, further.key: further})
    assert verdicts(more) == [None, None, *verdicts(equal)[2:]], "an arm and its own defaults were given the same"
    assert verdicts(more)[2]
    shown, other = row(more, "sgd"), row(equal, "sgd")
    names = ("difference", "simultaneous_low", "difference_n", "p_adjusted", "p_better")
    assert [shown[name] for name in names] == [other[name] for name in names]
    text = answer(findings(more), 200)
    assert "(trials: 3 (adam), 2 (sgd)), so this is no ranking: adam reaches 79.87 UAS" in text
    [line] = [line for line in text.splitlines() if line.startswith("sgd  ") and "[" in line]
    assert line.endswith("no ranking")
    assert "beats" not in text


def test_the_answer_says_what_intervals_after_several_looks_are():
    scores = {"adam": [80.0, 79.0, 81.0, 80.5, 78.5, 80.2], "sgd": [82.0, 81.5, 83.1, 82.2, 80.4, 82.3]}
    confirm = {"seeds": 6, "limit": 12, "until_decided": True}
    looking, fixed = many(scores, confirm=confirm), many(scores)
    note = (
        "Looks at the verdicts were planned after 6, 12 seeds, as long as one is open; this is the one after 6: "
        "intervals of differences are repeated confidence intervals"
    )
    assert note in answer(findings(looking), 300)
    assert "repeated" not in answer(findings(fixed), 300)


def test_arms_stand_in_the_order_of_the_study_whatever_was_found():
    scores = {"sgd": [1.0] * 6, "adam": [2.0] * 6}
    assert [each["arm"] for each in to_plain(arms(many(scores)))] == ["adam", "sgd"]
    scores = {"sgd": [2.0] * 6, "adam": [1.0] * 6}
    assert [each["arm"] for each in to_plain(arms(many(scores)))] == ["adam", "sgd"]


def test_the_answer_says_where_fewer_pairs_than_seeds_were_compared():
    found = results(*(each for each in whole() if each.key != ("confirm", "adam", 0, 0, 1, 102)))
    assert (row(found, "sgd")["n"], row(found, "sgd")["difference_n"]) == (3, 2)
    first, second = (a - b for a, b in zip(CONFIRMED["sgd"][:2], CONFIRMED["adam"][:2], strict=True))
    [line] = [line for line in answer(findings(found)).splitlines() if line.startswith("sgd  ") and "(n 2)" in line]
    assert f"{(first + second) / 2:+.2f} ({first:+.2f}, {second:+.2f}) (n 2)".replace("-", "−") in line

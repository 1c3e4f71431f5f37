"""The tables arms and comparisons: against direct computation, in either direction, with runs that failed."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from typing import Any

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
    wilson = stats.binomtest(1, 3).proportion_ci(method="wilson")
    assert [shown[name] for name in ("p_better", "p_better_low", "p_better_high")] == pytest.approx(
        [wins, wilson.low, wilson.high]
    )
    assert shown["verdict"] == "exploratory"


def test_the_baseline_is_compared_with_nobody():
    shown = row(results(*whole()), "adam")
    names = ("difference", "difference_low", "difference_n", "p_holm", "p_better", "p_better_high", "verdict")
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


def test_comparisons_against_direct_computation():
    found = compared(results(*whole()))
    assert list(found) == [
        ("arms", "sgd", "adam"), ("tuning", "adam", "adam, defaults"), ("tuning", "sgd", "sgd, defaults"),
    ]  # fmt: skip
    samples = {**CONFIRMED, **{f"{arm}, defaults": scores for arm, scores in DEFAULTS.items()}}
    for (_, a, b), shown in found.items():
        first, second = samples[a], samples[b]
        test = stats.ttest_rel(first, second).confidence_interval(0.95)
        assert (shown["metric"], shown["n"], shown["failed"], shown["paired"]) == ("dev_uas", 3, 0, True)
        assert [shown["difference_low"], shown["difference_high"]] == pytest.approx([test.low, test.high])
        assert shown["difference"] == pytest.approx(statistics.fmean(first) - statistics.fmean(second))
        assert shown["sd_difference"] == pytest.approx(
            statistics.stdev(x - y for x, y in zip(first, second, strict=True))
        )
        assert shown["sd_unpaired"] == pytest.approx(math.hypot(statistics.stdev(first), statistics.stdev(second)))
        assert shown["r"] == pytest.approx(stats.pearsonr(first, second).statistic)
        assert shown["delta"] == pytest.approx(max(0.1, statistics.stdev(second) / 2))


def test_each_family_has_a_holm_of_its_own():
    up = [1.0, 2.0, 1.5, 1.2, 1.7, 1.1]
    base = [80.0, 79.0, 81.0, 80.5, 78.5, 80.2]
    scores = {"adam": base, "sgd": [a + b for a, b in zip(base, up, strict=True)]}
    worse = {arm: [a - b for a, b in zip(values, up, strict=True)] for arm, values in scores.items()}
    found = compared(many(scores, worse))
    least = 2 / 2**6
    assert [each["p"] for each in found.values()] == [least] * 3
    assert [each["p_holm"] for each in found.values()] == [least, 2 * least, 2 * least]
    # One test passes at 0.05, two do not: the families must not lend each other their size.
    assert [each["verdict"].split(",")[0] for each in found.values()] == ["better", "undecided", "undecided"]
    assert row(many(scores, worse), "sgd")["verdict"] == "better"


def test_a_winner_that_is_the_defaults_is_not_compared_with_itself():
    found = many({"adam": [80.0, 81.0], "sgd": [79.0, 80.0]}, {"adam": [70.0, 71.0]})
    sgd = [replace(each, trial=1 - each.trial) if each.arm == "sgd" else each for each in found.records.values()]
    assert list(compared(results(*sgd, select={"trials": 1, "seeds": 0}))) == [
        ("arms", "sgd", "adam"), ("tuning", "adam", "adam, defaults"),
    ]  # fmt: skip


def test_a_study_sets_the_difference_that_matters_for_both_families():
    found = compared(results(*whole(), smallest_difference=2.5))
    assert {each["delta"] for each in found.values()} == {2.5}


def test_failed_runs_are_counted_in_comparisons_and_score_the_worst_of_them():
    found = many({"adam": [80.0, 82.0, None], "sgd": [79.0, 60.0, 81.0]}, {"adam": [70.0, 50.0, 75.0]})
    shown = compared(found)
    assert shown["arms", "sgd", "adam"]["failed"] == 1
    assert shown["arms", "sgd", "adam"]["difference"] == pytest.approx((-1 - 22 + (81 - 60)) / 3)
    tuning = shown["tuning", "adam", "adam, defaults"]
    assert (tuning["failed"], tuning["n"]) == (1, 3)
    assert tuning["difference"] == pytest.approx((10 + 32 + (50 - 75)) / 3)  # 50, not the 60 of another comparison


def test_an_arm_that_is_not_confirmed_has_a_row_without_numbers():
    shown = compared(results(*(each for each in whole() if (each.phase, each.arm) != ("confirm", "sgd"))))
    row = shown["arms", "sgd", "adam"]
    names = ("difference", "p", "delta", "verdict", "seeds_needed")
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
    names = ("difference", "difference_low", "difference_n", "p_holm", "p_better")
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
    note = "after 6, 12 seeds, as far as it took: intervals of differences are repeated confidence intervals"
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
    [line] = [line for line in answer(findings(found)).splitlines() if line.startswith("sgd  ") and "[" in line]
    assert line.split()[4] == "3"
    assert "(n 2)" in line

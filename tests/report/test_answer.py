"""The sentence that answers a study's question: what it says of each verdict, and what it hides."""

from __future__ import annotations

import re

import pytest

from harness.metric import Metric
from harness.report.answer import answer_sentence
from harness.statistics.comparison import Sample, compare

UAS = Metric("dev_uas", "maximise")
FALLING = Metric("dev_loss", "minimise")


def arm(name: str = "adam", **changes):
    return {
        "arm": name,
        "metric": "dev_uas",
        "ok": 10,
        "n": 10,
        "mean": 80.0,
        "mean_low": 79.5,
        "mean_high": 80.5,
    } | changes


def against(name: str, verdict: str, **changes):
    return {
        "kind": "arms", "a": name, "b": "sgd", "metric": "dev_uas", "n": 10, "difference": 0.61, "difference_low": 0.42,
        "difference_high": 0.80, "delta": 0.1, "verdict": verdict,
    } | changes  # fmt: skip


NEGATIVE = {"difference": -0.61, "difference_low": -0.80, "difference_high": -0.42}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (against("adam", "better"), "adam beats sgd by 0.61 UAS [0.42, 0.80], 10 seeds."),
        (against("adam", "worse", **NEGATIVE), "adam loses to sgd by 0.61 UAS [0.42, 0.80], 10 seeds."),
        (
            against("adam", "better, negligible", difference=0.05, difference_low=0.02, difference_high=0.08),
            "adam beats sgd by only 0.050 UAS [0.020, 0.080], 10 seeds, less than the 0.1 that would matter.",
        ),
        (
            against("adam", "worse, negligible", difference=-0.05, difference_low=-0.08, difference_high=-0.02),
            "adam loses to sgd by only 0.050 UAS [0.020, 0.080], 10 seeds, less than the 0.1 that would matter.",
        ),
        (
            against("adam", "equivalent", difference=0.02, difference_low=-0.03, difference_high=0.07),
            "adam and sgd are equivalent within ±0.1 UAS (measured +0.020 UAS [−0.030, 0.070], 10 seeds).",
        ),
        (
            against("adam", "undecided, about 24 seeds would settle it", difference_low=-0.1),
            "adam against sgd is undecided (measured +0.61 UAS [−0.10, 0.80], 10 seeds), about 24 seeds would settle "
            "it.",
        ),
        (
            against("adam", "exploratory", n=4),
            "adam against sgd is exploratory only, too few seeds for a verdict (measured +0.61 UAS [0.42, 0.80], "
            "4 seeds).",
        ),
        (
            against("adam", "exploratory", n=1, difference_low=None, difference_high=None),
            "adam against sgd is exploratory only, too few seeds for a verdict (measured +0.610 UAS, 1 seed).",
        ),
    ],
    ids=lambda each: each["verdict"] if isinstance(each, dict) else "",
)  # fmt: skip
def test_the_answer_says_what_the_verdict_says(row, expected):
    assert answer_sentence([arm("sgd"), arm()], [row], UAS, "sgd") == expected


def test_the_answer_turns_a_loss_the_right_way():
    rows = [arm("sgd", metric="dev_loss"), arm(metric="dev_loss")]
    better = against("adam", "better", metric="dev_loss", **NEGATIVE)
    assert answer_sentence(rows, [better], FALLING, "sgd") == (
        "adam beats sgd by 0.61 nats of loss [0.42, 0.80], 10 seeds."
    )
    undecided = against(
        "adam", "undecided", metric="dev_loss", difference=-0.5, difference_low=-1.0, difference_high=0.1
    )
    assert answer_sentence(rows, [undecided], FALLING, "sgd") == (
        "adam against sgd is undecided (measured 0.50 nats of loss [−0.10, 1.00] for the better, 10 seeds)."
    )
    higher = undecided | {"difference": 0.01, "difference_low": -0.02, "difference_high": 0.04}
    assert answer_sentence(rows, [higher], FALLING, "sgd") == (
        "adam against sgd is undecided (measured 0.010 nats of loss [−0.020, 0.040] for the worse, 10 seeds)."
    )
    assert "measured −0.010 UAS [−0.040, 0.020]" in answer_sentence(
        [arm("sgd"), arm()],
        [higher | {"metric": "dev_uas", "difference": -0.01, "difference_low": -0.04, "difference_high": 0.02}],
        UAS,
        "sgd",
    )


def test_the_answer_where_there_is_none():
    empty = {"ok": 0, "n": 0, "mean": None, "mean_low": None, "mean_high": None}
    assert answer_sentence([arm("sgd", **empty), arm(**empty)], [], UAS, "sgd") == (
        "No answer yet: no arm has a confirmation run."
    )
    assert answer_sentence([arm("sgd", ok=0), arm(ok=0)], [], UAS, "sgd") == (
        "No answer: all 20 confirmation runs failed."
    )
    assert answer_sentence([arm()], [], UAS, "adam") == (
        "adam reaches 80.00 UAS [79.50, 80.50] (10 seeds); there is one arm, and nothing to compare it with."
    )
    assert answer_sentence([arm("sgd", ok=0), arm()], [against("adam", "better")], UAS, "sgd") == (
        "No comparison: every run of the baseline, sgd, failed; adam reaches 80.00 UAS [79.50, 80.50] (10 seeds)."
    )
    assert answer_sentence([arm("sgd"), arm(**empty)], [], UAS, "sgd") == (
        "No comparison: adam is not confirmed yet; sgd reaches 80.00 UAS [79.50, 80.50] (10 seeds)."
    )


def test_the_answer_hides_no_failure():
    rows = [arm("sgd"), arm(ok=8), arm("x", ok=0)]
    assert answer_sentence(rows, [against("adam", "better"), against("x", "worse", **NEGATIVE)], UAS, "sgd") == (
        "adam beats sgd by 0.61 UAS [0.42, 0.80], 10 seeds; every run of x failed; "
        "2 of 10 runs of adam failed and count as the worst value."
    )
    assert answer_sentence([arm(ok=8)], [], UAS, "adam").startswith(
        "adam reaches 80.00 UAS [79.50, 80.50] (10 seeds, 2 of which failed)"
    )


def test_many_arms_are_told_verdict_by_verdict():
    rows = [against(name, "better") for name in "abcde"] + [
        against("f", "worse", **NEGATIVE),
        against("g", "equivalent"),
    ]
    arms = [arm("sgd"), *(arm(name) for name in "abcdefg")]
    assert answer_sentence(arms, rows, UAS, "sgd") == (
        "Of 7 arms compared at 10 seeds, 5 beat sgd (a by 0.61 UAS [0.42, 0.80]; b by 0.61 UAS [0.42, 0.80]; "
        "c by 0.61 UAS [0.42, 0.80]; 2 more); 1 is equivalent to sgd (g); 1 loses to sgd (f by 0.61 UAS [0.42, 0.80])."
    )


def test_comparisons_of_several_baselines_name_each_pair():
    rows = [
        against("nadam", "worse", b="adam", **NEGATIVE),
        against("adam", "better"),
        against("nadam", "equivalent"),
        against("x", "undecided, about 24 seeds would settle it", b="nadam"),
        against("x", "better, negligible"),
    ]
    arms = [arm("sgd"), arm(), arm("nadam"), arm("x")]
    assert answer_sentence(arms, rows, UAS, "sgd") == (
        "Of 5 comparisons at 10 seeds, 2 have a winner (nadam loses to adam by 0.61 UAS [0.42, 0.80]; adam beats sgd "
        "by 0.61 UAS [0.42, 0.80]); 1 differs by less than matters (x beats sgd by 0.61 UAS [0.42, 0.80]); "
        "1 is equivalent (nadam and sgd); 1 is undecided (x against nadam)."
    )
    # A pair that has a dead arm on either side is no comparison.
    without = [arm("sgd"), arm(ok=0), arm("nadam"), arm("x")]
    assert answer_sentence(without, rows[:3], UAS, "sgd") == (
        "nadam and sgd are equivalent within ±0.1 UAS (measured +0.61 UAS [0.42, 0.80], 10 seeds); "
        "every run of adam failed."
    )


def test_unequal_budgets_are_no_ranking():
    arms = [arm("sgd"), arm(ok=8), arm("x", ok=0), arm("y"), arm("z")]
    rows = [against("adam", "better"), against("y", "worse")]
    found = answer_sentence(arms, rows, UAS, "sgd", budgets="trials: 9 (adam), 1 (sgd)")
    assert found == (
        "The arms had different budgets (trials: 9 (adam), 1 (sgd)), so this is no ranking: "
        "sgd reaches 80.00 UAS [79.50, 80.50] (10 seeds); "
        "adam reaches 80.00 UAS [79.50, 80.50] (10 seeds, 2 of which failed); "
        "y reaches 80.00 UAS [79.50, 80.50] (10 seeds); 1 more; every run of x failed."
    )
    found = answer_sentence(arms, rows, UAS, "sgd", comparable=False)
    assert found.startswith("The arms had different budgets, so this is no ranking: sgd reaches")
    assert "beat" not in found


def test_a_search_that_failed_is_not_still_to_come():
    empty = {"ok": 0, "n": 0, "mean": None, "mean_low": None, "mean_high": None, "trials": 4, "trial": None}
    assert answer_sentence([arm("sgd"), arm(**empty)], [], UAS, "sgd") == (
        "No comparison: every search run of adam failed; sgd reaches 80.00 UAS [79.50, 80.50] (10 seeds)."
    )
    assert answer_sentence([arm(), arm("sgd", **empty)], [], UAS, "sgd") == (
        "No comparison: every search run of the baseline, sgd, failed; "
        "adam reaches 80.00 UAS [79.50, 80.50] (10 seeds)."
    )
    assert answer_sentence([arm("sgd", **empty), arm(**empty)], [], UAS, "sgd") == (
        "No answer: every search run of sgd failed and every search run of adam failed."
    )
    found = answer_sentence([arm("sgd"), arm(), arm("x", **empty)], [against("adam", "better")], UAS, "sgd")
    assert found == "adam beats sgd by 0.61 UAS [0.42, 0.80], 10 seeds; every search run of x failed."
    waiting = empty | {"trial": 2}
    assert "adam is not confirmed yet" in answer_sentence([arm("sgd"), arm(**waiting)], [], UAS, "sgd")


def test_every_verdict_of_the_statistics_has_its_words():
    samples = [
        Sample(name=name, scores={seed: level + sign * seed**2 % 7 / 30 for seed in range(count)}, stream="s")
        for name, level, sign, count in (
            ("sgd", 80.0, 1, 12), ("a", 80.0, 1, 12), ("b", 85.0, -1, 12), ("c", 75.0, -1, 12), ("d", 80.1, -1, 12),
            ("e", 80.0, -1, 3),
        )
    ]  # fmt: skip
    found = compare(samples, "sgd", UAS, 0.1)
    rows = [
        against(each.a, each.verdict, n=each.difference.n, difference=each.difference.mean,
                difference_low=each.difference.low, difference_high=each.difference.high, delta=each.delta)
        for each in found
    ]  # fmt: skip
    sentence = answer_sentence([arm(each.name) for each in samples], rows, UAS, "sgd")
    told = sum(int(number) for number in re.findall(r"(\d+) (?:beat|lose|is|are)", sentence))
    assert told == len(rows), sentence

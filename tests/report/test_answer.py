"""The sentence that answers a study's question: what it says of each verdict, and what it hides."""

from __future__ import annotations

import math
import re

import pytest

from harness.metric import Metric
from harness.report.answer import answer_sentence
from harness.statistics.comparison import Comparison, Sample, compare
from harness.statistics.verdict import Word

from support.compared import NEGATIVE, against, arm, unconfirmed

UAS = Metric("dev_uas", "maximise")
FALLING = Metric("dev_loss", "minimise")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (against("adam", Word.BETTER), "adam beats sgd by 0.61 UAS [0.42, 0.80], 10 seeds."),
        (against("adam", Word.WORSE, **NEGATIVE), "adam loses to sgd by 0.61 UAS [0.42, 0.80], 10 seeds."),
        (
            against("adam", Word.BETTER_NEGLIGIBLE, mean=0.05, low=0.02, high=0.08),
            "adam beats sgd by only 0.050 UAS [0.020, 0.080], 10 seeds, less than the 0.1 that would matter.",
        ),
        (
            against("adam", Word.WORSE_NEGLIGIBLE, mean=-0.05, low=-0.08, high=-0.02),
            "adam loses to sgd by only 0.050 UAS [0.020, 0.080], 10 seeds, less than the 0.1 that would matter.",
        ),
        (
            against("adam", Word.EQUIVALENT, mean=0.02, low=-0.03, high=0.07),
            "adam and sgd are equivalent within ±0.1 UAS (measured +0.020 UAS [−0.030, 0.070], 10 seeds).",
        ),
        (
            against("adam", Word.UNDECIDED, seeds=24, low=-0.1),
            "adam against sgd is undecided (measured +0.61 UAS [−0.10, 0.80], 10 seeds), about 24 seeds would settle "
            "it.",
        ),
        (
            against("adam", Word.EXPLORATORY, n=4),
            "adam against sgd is exploratory only, too few seeds for a verdict (measured +0.61 UAS [0.42, 0.80], "
            "4 seeds).",
        ),
        (
            against("adam", Word.EXPLORATORY, n=1, low=math.nan, high=math.nan),
            "adam against sgd is exploratory only, too few seeds for a verdict (measured +0.610 UAS, 1 seed).",
        ),
    ],
    ids=lambda given: given.verdict.word.value if isinstance(given, Comparison) else "",
)  # fmt: skip
def test_the_answer_says_what_the_verdict_says(row, expected):
    assert answer_sentence([arm("sgd"), arm()], [row], UAS, "sgd") == expected


def test_the_answer_turns_a_loss_the_right_way():
    standings = [arm("sgd"), arm()]
    better = against("adam", Word.BETTER, **NEGATIVE)
    assert answer_sentence(standings, [better], FALLING, "sgd") == (
        "adam beats sgd by 0.61 nats of loss [0.42, 0.80], 10 seeds."
    )
    undecided = against("adam", Word.UNDECIDED, mean=-0.5, low=-1.0, high=0.1)
    assert answer_sentence(standings, [undecided], FALLING, "sgd") == (
        "adam against sgd is undecided (measured 0.50 nats of loss [−0.10, 1.00] for the better, 10 seeds), "
        "more seeds hardly help."
    )
    higher = against("adam", Word.UNDECIDED, mean=0.01, low=-0.02, high=0.04)
    assert answer_sentence(standings, [higher], FALLING, "sgd") == (
        "adam against sgd is undecided (measured 0.010 nats of loss [−0.020, 0.040] for the worse, 10 seeds), "
        "more seeds hardly help."
    )
    lower = against("adam", Word.UNDECIDED, mean=-0.01, low=-0.04, high=0.02)
    assert "measured −0.010 UAS [−0.040, 0.020]" in answer_sentence(standings, [lower], UAS, "sgd")


def test_the_answer_where_there_is_none():
    assert answer_sentence([unconfirmed("sgd"), unconfirmed()], [], UAS, "sgd") == (
        "No answer yet: no arm has a confirmation run."
    )
    assert answer_sentence([arm("sgd", ok=0), arm(ok=0)], [], UAS, "sgd") == (
        "No answer: all 20 confirmation runs failed."
    )
    assert answer_sentence([arm()], [], UAS, "adam") == (
        "adam reaches 80.00 UAS [79.50, 80.50] (10 seeds); there is one arm, and nothing to compare it with."
    )
    assert answer_sentence([arm("sgd", ok=0), arm()], [against("adam", Word.BETTER)], UAS, "sgd") == (
        "No comparison: every run of the baseline, sgd, failed; adam reaches 80.00 UAS [79.50, 80.50] (10 seeds)."
    )
    assert answer_sentence([arm("sgd"), unconfirmed()], [], UAS, "sgd") == (
        "No comparison: adam is not confirmed yet; sgd reaches 80.00 UAS [79.50, 80.50] (10 seeds)."
    )


def test_the_answer_hides_no_failure():
    rows = [arm("sgd"), arm(ok=8), arm("x", ok=0)]
    assert answer_sentence(rows, [against("adam", Word.BETTER), against("x", Word.WORSE, **NEGATIVE)], UAS, "sgd") == (
        "adam beats sgd by 0.61 UAS [0.42, 0.80], 10 seeds; every run of x failed; "
        "2 of 10 runs of adam failed and count as the worst value."
    )
    assert answer_sentence([arm(ok=8)], [], UAS, "adam").startswith(
        "adam reaches 80.00 UAS [79.50, 80.50] (10 seeds, 2 of which failed)"
    )


def test_many_arms_are_told_verdict_by_verdict():
    rows = [against(name, Word.BETTER) for name in "abcde"] + [
        against("f", Word.WORSE, **NEGATIVE),
        against("g", Word.EQUIVALENT),
    ]
    arms = [arm("sgd"), *(arm(name) for name in "abcdefg")]
    assert answer_sentence(arms, rows, UAS, "sgd") == (
        "Of 7 arms compared at 10 seeds, 5 beat sgd (a by 0.61 UAS [0.42, 0.80]; b by 0.61 UAS [0.42, 0.80]; "
        "c by 0.61 UAS [0.42, 0.80]; 2 more); 1 is equivalent to sgd (g); 1 loses to sgd (f by 0.61 UAS [0.42, 0.80])."
    )


def test_comparisons_of_several_baselines_name_each_pair():
    rows = [
        against("nadam", Word.WORSE, b="adam", **NEGATIVE),
        against("adam", Word.BETTER),
        against("nadam", Word.EQUIVALENT),
        against("x", Word.UNDECIDED, b="nadam", seeds=24),
        against("x", Word.BETTER_NEGLIGIBLE),
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
    rows = [against("adam", Word.BETTER), against("y", Word.WORSE)]
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
    empty = {"trials": 4, "trial": None}
    assert answer_sentence([arm("sgd"), unconfirmed(**empty)], [], UAS, "sgd") == (
        "No comparison: every search run of adam failed; sgd reaches 80.00 UAS [79.50, 80.50] (10 seeds)."
    )
    assert answer_sentence([arm(), unconfirmed("sgd", **empty)], [], UAS, "sgd") == (
        "No comparison: every search run of the baseline, sgd, failed; "
        "adam reaches 80.00 UAS [79.50, 80.50] (10 seeds)."
    )
    assert answer_sentence([unconfirmed("sgd", **empty), unconfirmed(**empty)], [], UAS, "sgd") == (
        "No answer: every search run of sgd failed and every search run of adam failed."
    )
    found = answer_sentence([arm("sgd"), arm(), unconfirmed("x", **empty)], [against("adam", Word.BETTER)], UAS, "sgd")
    assert found == "adam beats sgd by 0.61 UAS [0.42, 0.80], 10 seeds; every search run of x failed."
    waiting = unconfirmed(trial=2, trials=4)
    assert "adam is not confirmed yet" in answer_sentence([arm("sgd"), waiting], [], UAS, "sgd")


def test_every_verdict_of_the_statistics_has_its_words():
    samples = [
        Sample(name=name, scores={seed: level + sign * seed**2 % 7 / 30 for seed in range(count)}, stream="s")
        for name, level, sign, count in (
            ("sgd", 80.0, 1, 12), ("a", 80.0, 1, 12), ("b", 85.0, -1, 12), ("c", 75.0, -1, 12), ("d", 80.1, -1, 12),
            ("e", 80.0, -1, 3),
        )
    ]  # fmt: skip
    found = compare(samples, "sgd", UAS, 0.1)
    sentence = answer_sentence([arm(each.name) for each in samples], found, UAS, "sgd")
    told = sum(int(number) for number in re.findall(r"(\d+) (?:beat|lose|is|are)", sentence))
    assert told == len(found), sentence

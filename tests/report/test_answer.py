"""The sentence that answers a study's question: what it says of each verdict, and what it hides."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from harness.analysis.standings import Standing
from harness.metric import DEV_ACCURACY, Metric
from harness.report.answer import answer_sentence
from harness.statistics.comparison import Comparison, Sample, compare
from harness.statistics.sequential import Planned
from harness.statistics.verdict import Word

from support.compared import NAN, NEGATIVE, against, arm, unconfirmed

UAS = Metric("dev_uas", "maximise")
FALLING = Metric("dev_loss", "minimise")
SMALL = {"mean": 0.05, "low": 0.02, "high": 0.08}
AROUND = {"mean": 0.15, "low": 0.05, "high": 0.25}
EXPLORATORY = "adam against sgd is exploratory only, too few seeds for a verdict"


def negated(size: dict[str, float]) -> dict[str, float]:
    return {"mean": -size["mean"], "low": -size["high"], "high": -size["low"]}


def answer(
    *rows: Comparison, arms: list[Standing] | None = None, metric: Metric = UAS, unit: str = "seed", **how: object
) -> str:
    """Of these comparisons of arms with sgd."""
    arms = arms or [arm("sgd"), *(arm(row.a) for row in rows)]
    return answer_sentence(arms, rows, metric, "sgd", unit=unit, **how)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (against(), "adam beats sgd by 0.61 UAS [0.42, 0.80], 10 seeds."),
        (against("adam", Word.WORSE, **NEGATIVE), "adam loses to sgd by 0.61 UAS [0.42, 0.80], 10 seeds."),
        (
            against("adam", Word.BETTER_NEGLIGIBLE, **SMALL),
            "adam beats sgd by only 0.050 UAS [0.020, 0.080], 10 seeds, less than the 0.1 that would matter.",
        ),
        (
            against("adam", Word.WORSE_NEGLIGIBLE, **negated(SMALL)),
            "adam loses to sgd by only 0.050 UAS [0.020, 0.080], 10 seeds, less than the 0.1 that would matter.",
        ),
        (
            against("adam", Word.BETTER_UNCLEAR, **AROUND),
            "adam beats sgd by 0.15 UAS [0.05, 0.25], 10 seeds, perhaps less than the 0.1 that would matter.",
        ),
        (
            against("adam", Word.WORSE_UNCLEAR, **negated(AROUND)),
            "adam loses to sgd by 0.15 UAS [0.05, 0.25], 10 seeds, perhaps less than the 0.1 that would matter.",
        ),
        (
            against("adam", Word.EQUIVALENT, mean=0.02, low=-0.03, high=0.07),
            "adam and sgd are equivalent within ±0.1 UAS (measured +0.020 UAS [−0.030, 0.070], 10 seeds).",
        ),
        (
            against("adam", Word.UNDECIDED, units=24, low=-0.1),
            "adam against sgd is undecided (measured +0.61 UAS [−0.10, 0.80], 10 seeds), about 24 seeds in all "
            "would settle it.",
        ),
        (
            against("adam", Word.UNDECIDED, low=-0.1),
            "adam against sgd is undecided (measured +0.61 UAS [−0.10, 0.80], 10 seeds), and 1,000 seeds would hardly "
            "settle it.",
        ),
        (
            against("adam", Word.UNDECIDED, low=-0.1, most=10),
            "adam against sgd is undecided (measured +0.61 UAS [−0.10, 0.80], 10 seeds), and more seeds are not "
            "planned.",
        ),
        (
            against("adam", Word.UNDECIDED, withheld="sgd"),
            "adam against sgd is undecided (measured +0.61 UAS [0.42, 0.80], 10 seeds), since sgd is not tuned.",
        ),
        (
            against("adam", Word.UNDECIDED, withheld="adam", **NEGATIVE),
            "adam against sgd is undecided (measured −0.61 UAS [−0.80, −0.42], 10 seeds), since adam is not tuned.",
        ),
        (
            against("adam", Word.UNDECIDED, failing="adam"),
            "adam against sgd is undecided (measured +0.61 UAS [0.42, 0.80], 10 seeds), since adam fails more often.",
        ),
        (
            against("adam", Word.UNDECIDED, failing="sgd", **NEGATIVE),
            "adam against sgd is undecided (measured −0.61 UAS [−0.80, −0.42], 10 seeds), since sgd fails more often.",
        ),
        (
            against("adam", Word.EXPLORATORY, n=4),
            f"{EXPLORATORY} (measured +0.61 UAS [0.42, 0.80], 4 seeds).",
        ),
        (
            against("adam", Word.EXPLORATORY, n=3, mean=0.5, low=NAN, high=NAN, values=(-0.25, 0.75, 1.0)),
            f"{EXPLORATORY} (measured +0.50 UAS (−0.25, 0.75, 1.00), 3 seeds).",
        ),
        (
            against("adam", Word.EXPLORATORY, n=1, low=NAN, high=NAN, values=(0.61,)),
            f"{EXPLORATORY} (measured +0.610 UAS, 1 seed).",
        ),
        (
            against("adam", Word.EXPLORATORY, n=3, mean=-0.5, low=NAN, high=NAN),  # of runs that are not paired
            f"{EXPLORATORY} (measured −0.500 UAS, 3 seeds).",
        ),
    ],
)  # fmt: skip
def test_the_answer_says_what_the_verdict_says(row, expected):
    assert answer(row) == expected


@pytest.mark.parametrize("word", Word)
def test_no_word_is_told_as_another_is(word):
    """Of one arm and of many, whatever is said of a word is said of none else."""

    def told(one: Word, **size: float) -> tuple[str, str]:
        alone = against("adam", one, n=10, **size)
        return answer(alone), answer(alone, *(replace(alone, a=name) for name in "bcd"))

    size = NEGATIVE if word.value.startswith("worse") else {}
    others = [told(other, **size) for other in Word if other is not word]
    for place, said in enumerate(told(word, **size)):
        assert said not in [other[place] for other in others]


def test_a_loss_is_turned_the_right_way():
    # A loss that is lower by 0.61 is better by 0.61.
    assert answer(against(**NEGATIVE), metric=FALLING) == (
        "adam beats sgd by 0.61 nats of loss [0.42, 0.80], 10 seeds."
    )
    assert answer(against("adam", Word.WORSE), metric=FALLING) == (
        "adam loses to sgd by 0.61 nats of loss [0.42, 0.80], 10 seeds."
    )
    assert answer(against("adam", Word.WORSE_UNCLEAR, **AROUND), metric=FALLING) == (
        "adam loses to sgd by 0.15 nats of loss [0.05, 0.25], 10 seeds, perhaps less than the 0.1 that would matter."
    )
    undecided = against("adam", Word.UNDECIDED, mean=-0.5, low=-1.0, high=0.1, units=24)
    assert answer(undecided, metric=FALLING) == (
        "adam against sgd is undecided (measured 0.50 nats of loss [−0.10, 1.00] for the better, 10 seeds), "
        "about 24 seeds in all would settle it."
    )
    higher = against("adam", Word.UNDECIDED, mean=0.01, low=-0.02, high=0.04, units=24)
    assert "(measured 0.010 nats of loss [−0.020, 0.040] for the worse, 10 seeds)" in answer(higher, metric=FALLING)
    few = against("adam", Word.EXPLORATORY, n=2, mean=-0.5, low=NAN, high=NAN, values=(-1.25, 0.25))
    assert "(measured 0.50 nats of loss (1.25, −0.25) for the better, 2 seeds)" in answer(few, metric=FALLING)
    lower = against("adam", Word.UNDECIDED, mean=-0.01, low=-0.04, high=0.02)
    assert "measured −0.010 UAS [−0.040, 0.020]" in answer(lower)


def test_sizes_and_the_smallest_that_matters_have_the_metric_s_unit():
    equivalent = against("adam", Word.EQUIVALENT, mean=0.02, low=-0.03, high=0.07)
    assert answer(equivalent, metric=DEV_ACCURACY).startswith(
        "adam and sgd are equivalent within ±0.1 points of accuracy (measured +0.020 points of accuracy [−0.030,"
    )
    assert "within ±0.1 nats of loss" in answer(equivalent, metric=FALLING)


# What an answer is about: settings, or methods


def test_after_one_search_the_answer_is_about_the_settings_that_it_chose():
    chosen = [arm("sgd", trials=1), arm(trials=9)]
    assert answer(against(), arms=chosen) == ("At these settings: adam beats sgd by 0.61 UAS [0.42, 0.80], 10 seeds.")
    many = [against(name) for name in "abcd"]
    arms = [arm("sgd"), *(arm(name, trials=9) for name in "abcd")]
    assert answer(*many, arms=arms).startswith("At these settings: of 4 arms compared at 10 seeds, 4 beat sgd (a by ")
    # Where nothing was searched, the arms are their settings.
    assert answer(against()).startswith("adam beats sgd")


def test_where_the_search_was_repeated_a_search_is_the_unit_and_the_answer_about_methods():
    arms = [arm(name, trials=90, n=30, ok=29, scores=(80.0,) * 10, trial=None) for name in ("sgd", "adam")]
    assert answer(against(), arms=arms, unit="search") == (
        "adam beats sgd by 0.61 UAS [0.42, 0.80], 10 searches; 1 of 30 runs of sgd failed (a rate of 0% to 17%); "
        "1 of 30 runs of adam failed (a rate of 0% to 17%)."
    )
    undecided = against("adam", Word.UNDECIDED, units=24)
    assert "10 searches), about 24 searches in all would settle it;" in answer(undecided, arms=arms, unit="search")
    early = against("adam", Word.EXPLORATORY, n=1, low=NAN, high=NAN)
    assert answer(early, arms=arms, unit="search").startswith(
        "adam against sgd is exploratory only, too few searches for a verdict (measured +0.610 UAS, 1 search);"
    )
    assert answer(arms=[arms[1]], unit="search") == (
        "adam reaches 80.00 UAS [79.50, 80.50] (10 searches, 30 runs, 1 of which failed); there is one arm, and "
        "nothing to compare it with."
    )
    assert answer(arms=[arms[1]], unit="search", tuning=[against()], searched=True).startswith(
        "Tuning beats the defaults by 0.61 UAS [0.42, 0.80], 10 searches; adam reaches"
    )
    assert answer(arms=[arm(trials=9)], tuning=[against()], searched=True).startswith(
        "The winner of the search beats the defaults by 0.61 UAS [0.42, 0.80], 10 seeds; adam reaches"
    )


def test_folders_that_count_differently_are_compared_by_unit():
    assert answer(against(), unit="unit") == "adam beats sgd by 0.61 UAS [0.42, 0.80], 10 units."


# Where there is no answer, and what none may hide


def test_the_answer_where_there_is_none():
    assert answer(arms=[unconfirmed("sgd"), unconfirmed()]) == "No answer yet: no arm has a confirmation run."
    assert answer(arms=[arm("sgd", ok=0), arm(ok=0)]) == "No answer: all 20 confirmation runs failed."
    assert answer(arms=[arm()]) == (
        "adam reaches 80.00 UAS [79.50, 80.50] (10 seeds); there is one arm, and nothing to compare it with."
    )
    assert answer(against(), arms=[arm("sgd", ok=0), arm()]) == (
        "No comparison: every run of the baseline, sgd, failed; adam reaches 80.00 UAS [79.50, 80.50] (10 seeds)."
    )
    assert answer(arms=[arm("sgd"), unconfirmed()]) == (
        "No comparison: adam is not confirmed yet; sgd reaches 80.00 UAS [79.50, 80.50] (10 seeds)."
    )
    apart = against(n=0, mean=NAN, low=NAN, high=NAN)
    assert answer(apart).startswith("No comparison: the arms share no seed; sgd reaches 80.00 UAS")
    few = {"ok": 2, "n": 2, "low": NAN, "high": NAN, "scores": (79.25, 80.75)}
    assert answer(arms=[arm("sgd", **few), unconfirmed()]) == (
        "No comparison: adam is not confirmed yet; sgd reaches 80.00 UAS (79.25, 80.75) (2 seeds)."
    )


def test_the_answer_hides_no_failure():
    arms = [arm("sgd"), arm(ok=8), arm("x", ok=0)]
    rows = [against(n=8), against("x", Word.EXPLORATORY, n=0, mean=NAN, low=NAN, high=NAN)]
    assert answer(*rows, arms=arms) == (
        "adam beats sgd by 0.61 UAS [0.42, 0.80], 8 seeds; every run of x failed; "
        "2 of 10 runs of adam failed (a rate of 3% to 56%)."
    )
    # In a study that says so, failed runs are scores.
    assert answer(*rows, arms=arms, failed=0.0).endswith(
        "2 of 10 runs of adam failed (a rate of 3% to 56%) and count as 0."
    )
    assert answer(arms=[arm(ok=8)]).startswith("adam reaches 80.00 UAS [79.50, 80.50] (10 seeds, 2 of which failed)")


def test_many_arms_are_told_verdict_by_verdict():
    rows = [against(name) for name in "abcde"] + [
        against("f", Word.WORSE, **NEGATIVE),
        against("g", Word.EQUIVALENT),
    ]
    assert answer(*rows) == (
        "Of 7 arms compared at 10 seeds, 5 beat sgd (a by 0.61 UAS [0.42, 0.80]; b by 0.61 UAS [0.42, 0.80]; "
        "c by 0.61 UAS [0.42, 0.80]; 2 more); 1 is equivalent to sgd (g); 1 loses to sgd (f by 0.61 UAS [0.42, 0.80])."
    )
    sizes = [
        against("a", Word.BETTER_UNCLEAR, **AROUND),
        against("b", Word.WORSE_UNCLEAR, **negated(AROUND)),
        against("c", Word.WORSE_UNCLEAR, n=8, **negated(AROUND)),
        against("d", Word.BETTER_NEGLIGIBLE, **SMALL),
        against("e", Word.WORSE_NEGLIGIBLE, **negated(SMALL)),
        against("f", Word.EXPLORATORY, n=3),
    ]
    assert answer(*sizes) == (
        "Of 6 arms compared at 3 to 10 seeds, 1 beats sgd, perhaps by less than matters (a by 0.15 UAS [0.05, 0.25]); "
        "1 beats sgd by less than matters (d by 0.050 UAS [0.020, 0.080]); "
        "1 loses to sgd by less than matters (e by 0.050 UAS [0.020, 0.080]); "
        "2 lose to sgd, perhaps by less than matters (b by 0.15 UAS [0.05, 0.25]; c by 0.15 UAS [0.05, 0.25]); "
        "1 is exploratory only, with too few seeds for a verdict (f)."
    )


def test_of_many_arms_those_whose_claim_was_taken_back_are_told_by_the_reason():
    rows = [
        against("a", Word.UNDECIDED, units=24),
        against("b", Word.UNDECIDED, withheld="sgd"),
        against("c", Word.UNDECIDED, withheld="sgd"),
        against("d", Word.UNDECIDED, withheld="d", **NEGATIVE),
        against("e", Word.UNDECIDED, failing="e"),
        against("f", Word.UNDECIDED, failing="f"),
        against("g", Word.UNDECIDED, failing="sgd", **NEGATIVE),
    ]
    assert answer(*rows) == (
        "Of 7 arms compared at 10 seeds, 1 is undecided (a); 2 are undecided, since sgd is not tuned (b, c); "
        "1 is undecided, since it is not tuned (d); 1 is undecided, since sgd fails more often (g); "
        "2 are undecided, since they fail more often (e, f)."
    )


def test_names_with_commas_are_told_apart():
    rows = [against(f"beta1={beta}, beta2=0.9", Word.UNDECIDED) for beta in (0.5, 0.9)]
    rows += [against("a", Word.EQUIVALENT), against("b", Word.EQUIVALENT)]
    assert answer(*rows).endswith("2 are undecided (beta1=0.5, beta2=0.9; beta1=0.9, beta2=0.9).")
    assert "2 are equivalent to sgd (a, b); " in answer(*rows)


def test_comparisons_of_several_baselines_name_each_pair():
    rows = [
        against("nadam", Word.WORSE, b="adam", **NEGATIVE),
        against("adam"),
        against("nadam", Word.EQUIVALENT),
        against("x", Word.UNDECIDED, b="nadam", units=24),
        against("x", Word.UNDECIDED, b="adam", withheld="adam"),
        against("x", Word.BETTER_NEGLIGIBLE),
        against("nadam", Word.WORSE_UNCLEAR, b="x", **negated(AROUND)),
    ]
    arms = [arm("sgd"), arm(), arm("nadam"), arm("x")]
    assert answer(*rows, arms=arms) == (
        "Of 7 comparisons at 10 seeds, 2 have a winner (nadam loses to adam by 0.61 UAS [0.42, 0.80]; adam beats sgd "
        "by 0.61 UAS [0.42, 0.80]); "
        "1 has a winner, perhaps by less than matters (nadam loses to x by 0.15 UAS [0.05, 0.25]); "
        "1 differs by less than matters (x beats sgd by 0.61 UAS [0.42, 0.80]); 1 is equivalent (nadam and sgd); "
        "2 are undecided (x against nadam; x against adam, since adam is not tuned)."
    )
    # A pair that has a dead arm on either side is no comparison.
    without = [arm("sgd"), arm(ok=0), arm("nadam"), arm("x")]
    assert answer(*rows[:3], arms=without) == (
        "nadam and sgd are equivalent within ±0.1 UAS (measured +0.61 UAS [0.42, 0.80], 10 seeds); "
        "every run of adam failed."
    )


def test_unequal_budgets_are_no_ranking():
    arms = [arm("sgd", trials=9), arm(ok=8), arm("x", ok=0), arm("y"), arm("z")]
    rows = [against("adam"), against("y", Word.WORSE)]
    assert answer(*rows, arms=arms, budgets="trials: 9 (adam), 1 (sgd)") == (
        "The arms had different budgets (trials: 9 (adam), 1 (sgd)), so this is no ranking: "
        "sgd reaches 80.00 UAS [79.50, 80.50] (10 seeds); "
        "adam reaches 80.00 UAS [79.50, 80.50] (10 seeds, 2 of which failed); "
        "y reaches 80.00 UAS [79.50, 80.50] (10 seeds); 1 more; every run of x failed."
    )
    found = answer(*rows, arms=arms, comparable=False)
    assert found.startswith("The arms had different budgets, so this is no ranking: sgd reaches")
    assert "beat" not in found


def test_a_search_that_failed_is_not_still_to_come():
    empty = {"trials": 4, "trial": None}
    assert answer(arms=[arm("sgd"), unconfirmed(**empty)]) == (
        "No comparison: every search run of adam failed; sgd reaches 80.00 UAS [79.50, 80.50] (10 seeds)."
    )
    assert answer(arms=[arm(), unconfirmed("sgd", **empty)]) == (
        "No comparison: every search run of the baseline, sgd, failed; "
        "adam reaches 80.00 UAS [79.50, 80.50] (10 seeds)."
    )
    assert answer(arms=[unconfirmed("sgd", **empty), unconfirmed(**empty)]) == (
        "No answer: every search run of sgd failed and every search run of adam failed."
    )
    found = answer(against(), arms=[arm("sgd"), arm(), unconfirmed("x", **empty)])
    assert found == "adam beats sgd by 0.61 UAS [0.42, 0.80], 10 seeds; every search run of x failed."
    waiting = unconfirmed(trial=2, trials=4)
    assert "adam is not confirmed yet" in answer(arms=[arm("sgd"), waiting])


# From scores to sentences


def scored(name: str, level: float, sign: int, count: int) -> Sample:
    return Sample(name=name, scores={seed: level + sign * seed**2 % 7 / 30 for seed in range(count)}, stream="s")


def test_every_verdict_of_the_statistics_has_its_words():
    samples = [
        scored(*each)
        for each in (
            ("sgd", 80.0, 1, 12), ("a", 80.0, 1, 12), ("b", 85.0, -1, 12), ("c", 75.0, -1, 12), ("d", 80.1, -1, 12),
            ("e", 80.0, -1, 3),
        )
    ]  # fmt: skip
    found = compare(samples, "sgd", UAS, 0.1)
    sentence = answer(*found)
    told = sum(int(number) for number in re.findall(r"(\d+) (?:beat|lose|is|are)", sentence))
    assert told == len(found), sentence
    # The same numbers as equals: a is sgd, b and c differ by far, and of e there are three seeds.
    words = {each.a: each.verdict.word for each in found}
    assert {name: words[name] for name in "abce"} == {
        "a": Word.EQUIVALENT, "b": Word.BETTER, "c": Word.WORSE, "e": Word.EXPLORATORY,
    }  # fmt: skip


def test_an_arm_that_fails_more_often_is_not_called_better():
    best = scored("adam", 85.0, -1, 12)
    lame = replace(best, scores={seed: best.scores[seed] for seed in range(10)}, failed=frozenset({10, 11}))
    base = scored("sgd", 80.0, 1, 12)
    arms = [arm("sgd"), arm(n=12, ok=10)]
    assert answer(*compare([base, best], "sgd", UAS, 0.1)).startswith("adam beats sgd by ")
    found = answer(*compare([base, lame], "sgd", UAS, 0.1), arms=arms)
    assert found.endswith("10 seeds), since adam fails more often; 2 of 12 runs of adam failed (a rate of 2% to 48%).")
    # Nothing is taken back where it is the loser that fails.
    worst = replace(lame, scores={seed: score - 10 for seed, score in lame.scores.items()})
    assert answer(*compare([base, worst], "sgd", UAS, 0.1), arms=arms).startswith("adam loses to sgd by ")


def test_a_study_that_planned_its_looks_forecasts_no_seeds_beyond_them():
    noise = [0.9, -1.1, 0.6, -0.7, 1.2, -0.9, 0.3, -0.4, 0.8, -0.6, 0.7, -0.8]
    samples = [
        Sample(name=name, scores={seed: 80 + sign * each for seed, each in enumerate(noise)}, stream="s")
        for name, sign in (("sgd", 0), ("adam", 1))
    ]
    at_the_first, at_the_last = (
        answer(*compare([replace(each, scores={s: v for s, v in each.scores.items() if s < count}) for each in samples],
                       "sgd", UAS, 0.01, method=Planned((6, 12), look)))
        for look, count in enumerate((6, 12))
    )  # fmt: skip
    assert at_the_first.endswith("6 seeds), and 12 seeds would hardly settle it.")
    assert at_the_last.endswith("12 seeds), and more seeds are not planned.")

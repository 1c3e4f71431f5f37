"""How intervals and verdicts are to be read: for which comparisons they hold, after which looks, and what surprises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from harness.analysis.across import join
from harness.analysis.findings import findings
from harness.records.decisions import Looked
from harness.records.results import Results
from harness.report.comparison import shown
from harness.report.intervals import level_of, looks_in_words, puzzling, together
from harness.report.page import write_comparison, write_report
from harness.report.terminal import answer
from harness.statistics.verdict import Word

from support.by_hand import record, results
from support.compared import NAN, NEGATIVE, against
from support.pages import about

NONE = {"low": NAN, "high": NAN}


@pytest.mark.parametrize(
    ("comparisons", "level", "said"),
    [
        ([], "95% interval", ""),
        ([against()], "95% interval", ""),
        ([against(family=2)] * 2, "simultaneous 95% interval", "the intervals of both hold together with 95%"),
        ([against(family=4)] * 4, "simultaneous 95% interval", "the intervals of all 4 hold together with 95%"),
        # An arm without an interval has none that could fail to hold.
        (
            [*[against(family=3)] * 3, against(n=3, **NONE)],
            "simultaneous 95% interval",
            "the intervals of all 3 hold together with 95%",
        ),
        # Of five seeds there is an interval, and no verdict that would be corrected for.
        (
            [*[against(family=3)] * 3, against(n=5, family=3)],
            "simultaneous 95% interval",
            "the intervals of the 3 with 6 seeds or more hold together with 95%",
        ),
        ([against(n=5)] * 2, "95% interval", ""),
    ],
)
def test_intervals_say_with_which_others_they_hold(comparisons, level, said):
    assert level_of(comparisons) == level
    assert together(comparisons, "seed") == said


# Verdicts that their intervals do not suggest

OPEN = {"word": Word.UNDECIDED, "units": 24}


@pytest.mark.parametrize(
    ("comparisons", "said"),
    [
        ([against(), against("x", Word.UNDECIDED, low=-0.1)], ""),
        ([against("x", Word.EQUIVALENT, mean=0.02, low=-0.1, high=0.1)], ""),
        ([against("x", Word.EXPLORATORY, n=5)], ""),
        ([against("x", Word.UNDECIDED, **NONE)], ""),
        # A claim that was taken back says itself why.
        ([against("x", Word.UNDECIDED, withheld="sgd"), against("y", Word.UNDECIDED, failing="y")], ""),
        ([against("x", **OPEN)], "x is undecided although the interval leaves out 0."),
        ([against("x", **OPEN, **NEGATIVE)], "x is undecided although the interval leaves out 0."),
        (
            [against(name, **OPEN) for name in ("x", "beta=1, 2")],
            "x and beta=1, 2 are undecided although the interval leaves out 0.",
        ),
        (
            [against(name, **OPEN) for name in ("a", "b", "c", "d", "e")],
            "a, b, c and 2 more are undecided although the interval leaves out 0.",
        ),
        (
            [against("x", **OPEN), against("y", **OPEN, b="x")],
            "x against sgd and y against x are undecided although the interval leaves out 0.",
        ),
        (
            [against("x", **OPEN), against("y", Word.EQUIVALENT, mean=-0.02, low=-0.12, high=0.08)],
            "x is undecided although the interval leaves out 0; "
            "y is equivalent although the interval reaches beyond what matters.",
        ),
    ],
)  # fmt: skip
def test_verdicts_that_are_not_those_of_their_intervals_are_named(comparisons, said):
    assert puzzling(comparisons) == (f"Verdicts follow the tests, not the intervals: {said}" if said else "")


def test_a_skewed_difference_that_is_undecided_beside_an_interval_without_zero_is_named():
    """Six seeds gain 1 and one loses 0.1: t's interval believes them; the bootstrap sees the tail, and does not."""
    gaps = [1.0, 1.2, 0.9, 1.1, -0.1, 1.0, 1.05]
    found = of_seeds({"adam": [80.0] * 7, "sgd": [80.0 + gap for gap in gaps]})
    [comparison] = found.against_baseline
    # Their mean is 0.8786, their sd 0.4415, and t(0.975, 6) 2.4469: 2.4469·0.4415/√7 = 0.4083.
    assert comparison.simultaneous.low == pytest.approx(0.4703, abs=1e-3)
    assert puzzling([comparison]) == (
        "Verdicts follow the tests, not the intervals: sgd is undecided although the interval leaves out 0."
    )
    text = answer(findings(found), 200)
    assert puzzling([comparison]) in text
    assert puzzling([comparison]) in write_report([about(found)])
    assert puzzling([comparison]) in shown(join({"a": found}), "text", 200)
    assert puzzling([comparison]) in write_comparison(join({"a": found}))


# Looks


def of_seeds(scores: dict[str, Sequence[float]], **changes: object) -> Results:
    runs = [record("search", name, 0, 0, 70.0) for name in scores]
    runs += [
        record("confirm", name, 0, 100 + seed, value) for name in scores for seed, value in enumerate(scores[name])
    ]
    return results(*runs, search={"trials": 1}, select={"trials": 1, "seeds": 0}, **changes)


def looked(seeds: int, word: str, *, planned: bool = False) -> Looked:
    return Looked(seeds=seeds, planned=planned, verdicts={"sgd": word})


def of(count: int, *looks: Looked, **confirm: object) -> Results:
    """Two arms with so many seeds each, and the looks at their verdicts."""
    scores = [80.0 + seed % 3 for seed in range(count)]
    found = of_seeds({"adam": scores, "sgd": [each - 0.2 for each in scores]}, confirm={"seeds": 6, **confirm})
    return replace(found, decisions=looks)


PLANNED = {"until_decided": True, "limit": 18}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (of(6), ""),
        (of(6, looked(6, "worse")), ""),  # seen once, and nothing was added
        (
            of(8, looked(6, "worse_size_unclear"), looked(8, "worse")),
            "Seeds were added after verdicts had been seen (at 6 seeds sgd worse, size unclear), so intervals of "
            "differences and p are those that hold however often one looks.",
        ),
        (of(8, looked(4, "exploratory")), ""),  # which was no verdict
        (
            of(9, looked(4, "exploratory"), looked(6, "undecided"), looked(8, "equivalent"), looked(9, "equivalent")),
            "Seeds were added after verdicts had been seen (at 6 seeds sgd undecided; at 8 seeds sgd equivalent), so "
            "intervals of differences and p are those that hold however often one looks.",
        ),
        (
            of(12, looked(6, "undecided", planned=True), **PLANNED),
            "Looks at the verdicts were planned after 6, 12, 18 seeds, as long as one is open; this is the one after "
            "12: intervals of differences are repeated confidence intervals, and p is of a sequential test.",
        ),
        (  # of a block that is not complete
            of(13, looked(6, "undecided", planned=True), **PLANNED),
            "Looks at the verdicts were planned after 6, 12, 18 seeds, as long as one is open; this is the one after "
            "12: intervals of differences are repeated confidence intervals, and p is of a sequential test.",
        ),
        (  # before the first
            of(4, **PLANNED),
            "Looks at the verdicts were planned after 6, 12, 18 seeds, as long as one is open: intervals of "
            "differences are repeated confidence intervals, and p is of a sequential test.",
        ),
        (  # a plan that came after the first look is none
            of(12, looked(6, "undecided"), **PLANNED),
            "Seeds were added after verdicts had been seen (at 6 seeds sgd undecided), so intervals of differences and "
            "p are those that hold however often one looks.",
        ),
    ],
)  # fmt: skip
def test_a_study_that_was_looked_at_says_when_and_what_its_tests_allow_for(found, said):
    assert looks_in_words(found) == said


def test_a_study_of_one_arm_compares_nothing_that_was_looked_at():
    found = replace(of(8, looked(6, "worse")))
    alone = replace(found, study=replace(found.study, arms={"adam": found.study.arms["adam"]}))
    assert looks_in_words(alone) == ""

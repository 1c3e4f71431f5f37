"""The end of a study in a terminal: what is chosen, how wide it is, and which warnings are said."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from harness.analysis.advice.advise import Advice
from harness.analysis.findings import findings
from harness.analysis.tables import TABLES
from harness.plugin.ranges import Range
from harness.records.decisions import Change, Widened
from harness.records.results import Results
from harness.report.formats import to_plain
from harness.report.page import write_report
from harness.report.terminal import answer
from harness.statistics.comparison import Comparison
from harness.statistics.verdict import Word

from support.by_hand import LR, record, repeated, results, whole
from support.compared import against
from support.made_up import made_arm
from support.pages import about


def test_the_answer_names_what_was_chosen_also_where_names_end_alike():
    names = ["optimiser", "optimiser.adam.lr", "optimiser.sgd.lr", "dropout.constant.rate",
             "embedding.normal.sd", "initialiser.normal.sd"]  # fmt: skip
    space = dict.fromkeys(names, LR)
    arms = {"all": made_arm({}, space=space)}
    found = results(arms=arms, baseline="all", compare=[], conventions="")
    frame = TABLES["arms"](found).astype(object)
    values = ["cafe", 3, "adam", 0.00123456, None, 0.5, 0.1, 0.2]
    frame.loc[0, ["fingerprint", "trial", *names]] = values
    assert answer(replace(findings(found), tables={"arms": frame})).splitlines()[7] == (
        "all  optimiser=adam lr=0.001235 rate=0.5 embedding.normal.sd=0.1 initialiser.normal.sd=0.2"
        "  3 of 0         –             –  0"
    )


def test_the_answer_fits_a_terminal_of_100_columns_and_names_what_is_lower_better():
    found = results(*whole(), metric="dev_loss", direction="minimise")
    lines = answer(findings(found), 100).splitlines()
    assert max(map(len, lines)) <= 100
    assert "Lower is better." in " ".join(lines)


def test_the_terminal_says_a_warning_of_several_arms_once_and_two_of_a_kind():
    def found(id_: str, arm: str, evidence: str, change: str = "") -> Advice:
        return Advice(id=id_, arm=arm, evidence=evidence, advice="mend it", change=change)

    given = [
        found("DIMENSIONS", "adam", "4 each", "--set search.trials=10"),
        found("DIMENSIONS", "sgd", "4 each", "--set search.trials=10"),
        *(found("SEEDS", f"arm{n}", f"sd {n}") for n in range(4)),
    ]
    shown = answer(replace(findings(results(*whole())), warnings=given))
    assert shown.endswith(
        "DIMENSIONS, adam, sgd: 4 each; mend it\n"
        "  --set search.trials=10\n"
        "SEEDS, arm0: sd 0; mend it\n"
        "SEEDS, arm1: sd 1; mend it\n"
        "SEEDS: 2 more of this kind in the table warnings\n"
    )


def of_two(comparison: Comparison, **changes: Any) -> str:
    """What the terminal shows of adam, the baseline, and sgd, whose comparison with it this is."""
    found = findings(results(*whole(), **changes))
    return answer(replace(found, comparisons=[comparison]), 200)


def row_of(text: str, arm: str) -> str:
    """The arm's row in the table of what was reached."""
    return next(line for line in text.split("\n\n")[1].splitlines() if line.startswith(arm))


@pytest.mark.parametrize(
    ("verdict", "shown"),
    [
        ({"word": Word.BETTER_UNCLEAR}, "better, size unclear"),
        ({"word": Word.WORSE_NEGLIGIBLE}, "worse, negligible"),
        ({"word": Word.UNDECIDED, "units": 1024}, "undecided, about 1,024 seeds"),
        ({"word": Word.UNDECIDED}, "undecided, not within 1,000 seeds"),
        ({"word": Word.UNDECIDED, "most": 30}, "undecided, not within 30 seeds"),
        ({"word": Word.UNDECIDED, "withheld": "adam"}, "undecided, baseline not tuned"),
        ({"word": Word.UNDECIDED, "withheld": "sgd"}, "undecided, not tuned"),
        ({"word": Word.UNDECIDED, "failing": "adam"}, "undecided, baseline failed more often"),
        ({"word": Word.UNDECIDED, "failing": "sgd"}, "undecided, failed more often"),
    ],
)
def test_the_terminal_says_in_short_what_was_found_and_what_takes_it_back(verdict, shown):
    assert row_of(of_two(against("sgd", b="adam", **verdict)), "sgd").endswith(f"  –  {shown}")


def test_the_terminal_shows_the_interval_that_holds_with_the_others_and_the_pairs_if_they_are_fewer():
    # For itself the comparison has [0.515, 0.705], and whole() has three seeds.
    assert "+0.61 [+0.42, +0.80] (n 2)" in row_of(of_two(against("sgd", b="adam", n=2)), "sgd")
    assert "+0.61 [+0.42, +0.80]  " in row_of(of_two(against("sgd", b="adam", n=3)), "sgd")


def test_below_four_seeds_the_terminal_shows_the_scores_and_differences_themselves():
    text = answer(findings(results(*whole())), 100)
    # CONFIRMED has 80, 82.5, 81 of adam, and 79, 83, 78.5 of sgd.
    assert "81.17 (80.00, 82.50, 81.00)" in row_of(text, "adam")
    assert "80.17 (79.00, 83.00, 78.50)" in row_of(text, "sgd")
    assert "−1.00 (−1.00, +0.50, −2.50)" in row_of(text, "sgd")
    assert "[" not in row_of(text, "sgd")
    assert "(measured −1.00 UAS (−1.00, 0.50, −2.50), 3 seeds)" in " ".join(text.split())
    assert "\nIn parentheses, of fewer than 4, the values themselves.\n" in text


def test_failed_runs_are_left_out_and_counted_or_are_scores_where_the_study_says_so():
    lost = record("confirm", "sgd", 1, 101, None)
    text = " ".join(answer(findings(results(*whole(), lost)), 200).split())
    assert "1 of 3 runs of sgd failed (a rate of 1% to 91%). arm" in text
    assert "sgd 78.75 (79.00, 78.50) 2 ok of 3 −1.75 (−1.00, −2.50) 0.00 exploratory" in text
    text = " ".join(answer(findings(results(*whole(), lost, failed=50.0)), 200).split())
    assert "1 of 3 runs of sgd failed (a rate of 1% to 91%) and count as 50. arm" in text
    # The means of 79, 50 and 78.5, and of 79 − 80, 50 − 82.5 and 78.5 − 81.
    assert "sgd 69.17 (79.00, 50.00, 78.50) 2 ok of 3 −12.00 (−1.00, −32.50, −2.50) 0.00 exploratory" in text


def test_arms_of_which_nothing_finished_have_no_number():
    def lost(*arms: str) -> str:
        runs = [replace(each, reason="lost") if each.phase == "confirm" and each.arm in arms else each
                for each in whole()]  # fmt: skip
        return answer(findings(results(*runs)), 200)

    text = lost("adam", "sgd")
    assert "\nNo answer: all 6 confirmation runs failed.\n" in text
    assert row_of(text, "adam").split() == ["adam", "–", "0", "ok", "of", "3", "baseline", "–", "–"]
    assert row_of(text, "sgd").split() == ["sgd", "–", "0", "ok", "of", "3", "–", "–", "–"]
    text = lost("adam")
    assert (
        "\nNo comparison: every run of the baseline, adam, failed; sgd reaches 80.17 UAS (79.00, 83.00, 78.50)" in text
    )
    assert row_of(text, "sgd").split()[-3:] == ["–", "–", "–"]


def test_searches_that_were_repeated_are_what_is_counted():
    """Six searches of each arm, of which each is confirmed at two seeds: its score is their mean."""
    gaps = [-1.0, -2.0, -1.5, -1.2, -1.8, -1.4]
    adam = [80.0, 81.0, 82.0, 83.0, 84.0, 85.0]
    sgd = [score + gap for score, gap in zip(adam, gaps, strict=True)]
    runs = [
        run
        for name, scores in (("adam", adam), ("sgd", sgd))
        for run in repeated(name, [(score - 1, score + 1) for score in scores])
    ]
    found = results(*runs, search={"trials": 2, "repeats": 6}, confirm={"seeds": 12}, smallest_difference=0.5)
    text = answer(findings(found), 100)
    said = " ".join(text.split())
    # The mean of the gaps is −1.4833, their sd 0.3710, and t(0.975, 5) 2.5706: 2.5706·0.3710/√6 = 0.3894.
    assert said.startswith("Which? sgd loses to adam by 1.48 UAS [1.09, 1.87], 6 searches. arm ")
    # The scores 80 to 85: their mean 82.5, their sd 1.8708, and 2.5706·1.8708/√6 = 1.9633.
    assert row_of(text, "adam").split()[:5] == ["adam", "82.50", "±", "1.96", "12"]
    assert "−1.48 [−1.87, −1.09]" in row_of(text, "sgd")
    assert "n: runs. difference: to adam, at the same searches. " in said
    assert "Every arm was searched 6 times, and its 6 winners confirmed: intervals and tests count searches." in said
    assert "ONE-SEARCH" not in said


# One arm, whose question is what its search gained


def one_arm(winner: int, confirmed: list[float], defaults: list[float], **changes: Any) -> Results:
    arms = {"all": made_arm({}, space={"optimiser.adam.lr": LR}, defaults={"optimiser.adam.lr": 0.001})}
    search = [record("search", "all", trial, 0, 70.0 + 5 * (trial == winner)) for trial in range(4)]
    runs = [record("confirm", "all", winner, 100 + seed, score) for seed, score in enumerate(confirmed)]
    runs += [record("confirm", "all", 0, 100 + seed, score) for seed, score in enumerate(defaults) if winner]
    return results(
        *search, *runs, arms=arms, baseline="all", compare=[], select={"trials": 1, "seeds": 0}, **changes
    )  # fmt: skip


LEVEL = [80.0, 81.0, 80.5, 79.5, 80.2, 80.8]


def test_a_study_of_one_arm_answers_with_what_its_search_gained():
    better = one_arm(2, LEVEL, [score - 4 + 0.1 * place for place, score in enumerate(LEVEL)])
    text = answer(findings(better), 100)
    assert "The winner of the search beats the defaults by 3.75 UAS [3.55, 3.95], 6 seeds;" in text
    [comparison] = better.against_defaults
    header, line = text.split("\n\n")[1].splitlines()
    assert "to its defaults [95%]" in header
    assert "+3.75 [+3.55, +3.95]" in line
    assert line.split()[-1] == "better"
    page = write_report([about(better)])
    assert "The winner of the search beats the defaults by 3.75 UAS" in page
    assert "to its defaults [95%]</th>" in page
    assert "+3.75 <span>[+3.55, +3.95]</span>" in page
    assert comparison.difference.n == 6


def test_a_study_of_one_arm_says_where_the_search_gained_nothing_or_is_not_confirmed():
    assert "The search found nothing better than the defaults: all reaches 80.33 UAS" in answer(
        findings(one_arm(0, LEVEL, LEVEL)), 200
    )
    assert "its defaults are not confirmed, so nothing is known of what the search gained" in answer(
        findings(one_arm(1, LEVEL, [])), 200
    )
    fixed = results(record("search", "all", 0, 0, 1.0), *(record("confirm", "all", 0, 100, 80.0),),
                    arms={"all": made_arm({})}, baseline="all", compare=[])  # fmt: skip
    assert "there is one arm, and nothing to compare it with" in answer(findings(fixed), 200)


def test_a_study_of_one_arm_is_compared_with_its_defaults_by_name():
    found = findings(one_arm(2, LEVEL, [score - 4 for score in LEVEL]))
    for verdict, shown in (
        ({"failing": "all, defaults"}, "undecided, defaults failed more often"),
        ({"failing": "all"}, "undecided, failed more often"),
    ):
        given = against("all", Word.UNDECIDED, b="all, defaults", **verdict)
        with_it = replace(found.results)
        with_it.__dict__["against_defaults"] = [given]
        assert row_of(answer(replace(found, results=with_it), 200), "all").endswith(shown)
        assert shown in write_report([about(replace(found, results=with_it))])


# Widened ranges


def test_ranges_that_were_widened_are_said_and_which_round_the_winner_is_of():
    ranges = [Range(1e-4, end, "log") for end in (1.0, 10.0, 100.0)]
    rounds = [
        Widened(repeat=0, round=number + 1, trials=4, changes=(
            Change(hyperparameter="optimiser.adam.lr", side="high", old=old, new=new, arms=("adam",)),))
        for number, (old, new) in enumerate(pairwise(ranges))
    ]  # fmt: skip
    extra = [record("search", "adam", 1, 0, 90.0, {"lr": 5.0}, round=2)]
    found = replace(results(*whole(), *extra, search={"trials": 4, "widen": 3}), decisions=rounds)
    text = " ".join(answer(findings(found), 100).split())
    how = (
        "[0.0001, 1] log → [0.0001, 10] log after the search (adam at the upper end) → [0.0001, 100] log after round 1 "
        "(adam at the upper end)"
    )
    assert f"optimiser.adam.lr was widened: {how}." in text
    assert "adam lr=5 1 (round 2) of 5 " in text
    page = write_report([about(found)])
    assert page.count(how) == 2  # beside the charts of sensitivity, and in how it was run
    widened = {row["hyperparameter"]: row["high"] for row in to_plain(TABLES["sensitivity"](found))}
    assert widened["optimiser.adam.lr"] == 100.0
    assert widened["optimiser.sgd.lr"] == 1.0

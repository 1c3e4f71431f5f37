"""The end of a study in a terminal: what is chosen, how wide it is, and which warnings are said."""

from __future__ import annotations

from dataclasses import replace

from harness.analysis.advice.advise import Advice
from harness.analysis.findings import findings
from harness.analysis.tables import TABLES
from harness.report.terminal import answer

from support.by_hand import LR, results, whole
from support.made_up import made_arm


def test_the_answer_names_what_was_chosen_also_where_names_end_alike():
    names = ["optimiser", "optimiser.adam.lr", "optimiser.sgd.lr", "dropout.constant.rate",
             "embedding.normal.sd", "initialiser.normal.sd"]  # fmt: skip
    space = dict.fromkeys(names, LR)
    arms = {"all": made_arm({}, space=space)}
    found = results(arms=arms, baseline="all", compare=[], conventions="")
    frame = TABLES["arms"](found).astype(object)
    values = [3, "adam", 0.00123456, None, 0.5, 0.1, 0.2]
    frame.loc[0, ["trial", *names]] = values
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

"""What is written down before and after verdicts are seen: δ, the looks, and what later seeds are tested by."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest

from harness.records.decisions import Looked, SmallestDifference
from harness.records.folder import ResultFolder
from harness.records.results import Results
from harness.statistics.anytime import Anytime
from harness.statistics.comparison import compare_pairs
from harness.statistics.method import FIXED
from harness.statistics.verdict import Word

from support.studies import STUDY, run, write_study

QUICK = ("search.trials=2", "training.epochs=1")


def of(out: Path) -> Results:
    return Results.of(ResultFolder(out))


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_study(tmp_path, STUDY)


@pytest.fixture(scope="module")
def six(tmp_path_factory) -> Path:
    """A study that was confirmed at six seeds."""
    folder = tmp_path_factory.mktemp("six")
    run(write_study(folder, STUDY), folder / "out", overrides=(*QUICK, "confirm.seeds=6"))
    return folder


def test_the_difference_that_matters_is_frozen_before_confirmation(six):
    found = of(six / "out")
    [frozen] = [each for each in found.decisions if isinstance(each, SmallestDifference)]
    groups = [
        [run.score(found.metric) for run in found.ordered
         if run.arm == arm and run.which.is_defaults and run.phase in ("search", "select")]
        for arm in found.arms
    ]  # fmt: skip
    assert [len(group) for group in groups] == [2, 2]
    squares = sum((score - fmean(group)) ** 2 for group in groups for score in group)
    assert frozen.value == pytest.approx(max(0.1, math.sqrt(squares / 2) / 2))
    assert (frozen.metric, frozen.runs, found.delta) == ("dev_accuracy", 4, frozen.value)
    tuned = [record for record in found.records.values() if record.phase == "confirm"]
    changed = {key: replace(each, curve=[{**point, "dev_accuracy": 3.0} for point in each.curve])
               for key, each in found.records.items() if each in tuned}  # fmt: skip
    assert replace(found, records={**found.records, **changed}).delta == frozen.value


def test_a_study_that_names_it_has_nothing_to_decide(study, tmp_path):
    run(study, tmp_path / "out", overrides=(*QUICK, "confirm.seeds=1", "smallest_difference=0.7"))
    assert not [each for each in of(tmp_path / "out").decisions if isinstance(each, SmallestDifference)]
    assert of(tmp_path / "out").delta == 0.7


def test_a_fixed_number_of_seeds_is_one_look(six):
    found = of(six / "out")
    assert [(each.seeds, each.planned) for each in found.looked] == [(6, False)]
    assert found.looked[0].verdicts == {"sgd": found.against_baseline[0].verdict.word.value}
    assert (found.method, found.went_on) == (FIXED, False)
    before = (six / "out" / "decisions.jsonl").read_bytes()
    run(six / "study.toml", six / "out", overrides=(*QUICK, "confirm.seeds=6"))
    assert (six / "out" / "decisions.jsonl").read_bytes() == before


def test_seeds_that_come_after_a_verdict_are_tested_for_looking_twice(six, tmp_path):
    """By E = √r·((1 + t²/ν)/(1 + r·t²/ν))^(n/2), r = 1/(n + 1), over all seeds; p is the least 1/E of both looks."""
    run(six / "study.toml", six / "out", overrides=(*QUICK, "confirm.seeds=8"))
    found = of(six / "out")
    assert [(each.seeds, each.planned) for each in found.looked] == [(6, False), (8, False)]
    assert (found.went_on, found.method) == (True, Anytime((6, 8)))
    a, b = (found.sample(arm).scores for arm in ("sgd", "adam"))
    differences = np.array([a[seed] - b[seed] for seed in sorted(a)])

    def p(values: np.ndarray) -> float:
        n, t = len(values), math.sqrt(len(values)) * values.mean() / values.std(ddof=1)
        r, nu = 1 / (n + 1), n - 1
        return 1 / (math.sqrt(r) * ((1 + t * t / nu) / (1 + r * t * t / nu)) ** (n / 2))

    looks = [differences[:n] for n in (6, 8)]
    same = [values for values in looks if np.sign(values.mean()) == np.sign(differences.mean())]
    assert found.against_baseline[0].difference.p == pytest.approx(min(1, *map(p, same)))


def test_more_seeds_for_one_arm_are_tested_for_looking_twice_too(study, tmp_path):
    alone = ('choices.optimiser={name = "adam", search = ["lr"]}', "compare=[]")
    for count in (6, 8):
        run(study, tmp_path / "out", overrides=(*alone, "training.epochs=1", f"confirm.seeds={count}"))
    found = of(tmp_path / "out")
    assert [(each.seeds, each.planned) for each in found.looked] == [(6, False), (8, False)]
    (tuning,) = found.judged
    once = compare_pairs(found.tuning_pairs, found.metric, found.delta, method=FIXED)[0]
    twice = compare_pairs(found.tuning_pairs, found.metric, found.delta, method=Anytime((6, 8)))[0]
    assert tuning.p_adjusted == twice.p_adjusted != once.p_adjusted


def test_an_older_folder_that_says_nothing_was_looked_at_when_it_was_finished(six, tmp_path):
    out = tmp_path / "out"
    run(six / "study.toml", out, overrides=(*QUICK, "confirm.seeds=6"))
    decided = out / "decisions.jsonl"
    decided.write_text("".join(line for line in decided.read_text().splitlines(True) if '"looked"' not in line))
    run(six / "study.toml", out, overrides=(*QUICK, "confirm.seeds=7"))
    assert [(each.seeds, each.planned) for each in of(out).looked] == [(6, False), (7, False)]
    assert of(out).went_on


def test_too_few_seeds_for_a_verdict_are_no_look(study, tmp_path):
    out = tmp_path / "out"
    for count in (2, 7):
        run(study, out, overrides=(*QUICK, f"confirm.seeds={count}"))
    assert [(each.seeds, each.claimed) for each in of(out).looked] == [(2, False), (7, True)]
    assert (of(out).went_on, of(out).method) == (False, FIXED)


def test_planned_looks_are_history_too_and_no_reason_for_another_test(study, tmp_path):
    out = tmp_path / "out"
    many = ("confirm.until_decided=true", "confirm.seeds=6", "confirm.limit=12", "smallest_difference=0.001")
    run(study, out, overrides=(*QUICK, *many))
    looked = of(out).looked
    assert looked
    assert all(each.planned for each in looked)
    assert [each.seeds for each in looked] == [look for look in (6, 12) if look <= of(out).seen]
    assert not of(out).went_on


def test_going_on_until_decided_after_a_look_begins_at_that_look(six, tmp_path):
    out = tmp_path / "out"
    run(six / "study.toml", out, overrides=(*QUICK, "confirm.seeds=6"))
    run(
        six / "study.toml", out, overrides=(*QUICK, "confirm.seeds=6", "confirm.until_decided=true", "confirm.limit=12")
    )
    found = of(out)
    assert found.looks == (6, 12)
    assert isinstance(found.method, Anytime) == (found.seen > 6)
    assert not any(each.planned for each in found.looked)


def test_a_claim_whose_loser_is_not_tuned_is_withheld(six, monkeypatch):
    found = of(six / "out")
    scores = {arm: found.confirmed(arm) for arm in found.arms}
    better = {
        run.key: replace(run, curve=[{**run.curve[-1], "dev_accuracy": 90.0 + seed % 7 / 10}])
        for seed, run in scores["sgd"].items()
    }
    won = replace(found, records={**found.records, **better})
    assert won.against_baseline[0].verdict.word is Word.BETTER
    monkeypatch.setattr(Results, "edges", lambda self, arm: ["an edge"] if arm == "adam" else [])
    again = replace(won)
    assert again.untuned == {"adam"}
    assert (again.against_baseline[0].verdict.word, again.against_baseline[0].verdict.withheld) == (
        Word.UNDECIDED, "adam",
    )  # fmt: skip
    monkeypatch.setattr(Results, "edges", lambda self, arm: ["an edge"] if arm == "sgd" else [])
    assert replace(won).against_baseline[0].verdict.word is Word.BETTER, "a winner may have lost something by it"


def test_decisions_are_read_back_as_they_were_written(tmp_path):
    folder = ResultFolder(tmp_path)
    for decision in (
        SmallestDifference(metric="dev_uas", value=0.25, runs=12),
        Looked(seeds=6, planned=False, verdicts={"sgd": "better"}),
    ):
        folder.append_decision(decision)
        assert folder.decisions()[-1] == decision

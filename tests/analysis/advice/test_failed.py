"""The warning FAILED: runs of the comparison that failed."""

from __future__ import annotations

from harness.records.folder import ResultFolder
from harness.records.results import Results

from support.confirmation import confirm
from support.faultless import record, results, warned, whole
from support.studies import STUDY, run, write_study


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

"""The warning TEST: a test split that was opened twice, or before the last choice was made."""

from __future__ import annotations

from typing import Any

from harness.records.folder import ResultFolder
from harness.records.record import Opening
from harness.records.results import Results

from support.faultless import record, results, warned
from support.studies import run, write_study


def opening(found: Results, **changes: Any) -> Opening:
    """A line of the ledger, as things stood."""
    fingerprints = {arm: winner.fingerprint for arm in found.arms if (winner := found.chosen(arm))}
    facts = {"time": "2026-01-01", "seed_indices": [100], "fingerprints": fingerprints, "runs": 20, "records": 20}
    return Opening(**facts | changes)


def test_the_test_split_opened_once_and_nothing_since_is_silent():
    assert not warned(results(ledger=[opening(results())]), "TEST")
    assert not warned(results(), "TEST")


def test_the_test_split_opened_twice():
    twice = [opening(results()), opening(results(), time="2026-01-02")]
    (advice,) = warned(results(ledger=twice), "TEST")
    assert advice.evidence == "the test split was opened 2 times: 2026-01-01, 2026-01-02"


def test_a_search_after_the_opening():
    (advice,) = warned(results(ledger=[opening(results(), records=18)]), "TEST")
    assert advice.evidence == "the test split was opened at 2026-01-01; since: 2 search runs more than then"


def test_another_choice_after_the_opening():
    changed = [record("search", "sgd", 5, 0, 99.0)]
    (advice,) = warned(results(changed=changed, ledger=[opening(results())]), "TEST")
    assert advice.evidence == "the test split was opened at 2026-01-01; since: another choice than then: sgd"


def test_the_ledger_of_a_real_folder(tmp_path):
    run(write_study(tmp_path), tmp_path / "out")
    folder = ResultFolder(tmp_path / "out")
    found = Results.of(folder)
    folder.append_ledger(opening(found, records=8))
    assert folder.ledger() == [opening(found, records=8)]
    assert not warned(Results.of(folder), "TEST")
    run(write_study(tmp_path), tmp_path / "out", overrides=("search.trials=6",))
    (advice,) = warned(Results.of(folder), "TEST")
    assert "4 search runs more than then" in advice.evidence

"""At which random draws each phase trains: tuning at the study's seed, confirm and test at fresh ones."""

from __future__ import annotations

import pytest

from harness.records.folder import ResultFolder
from harness.records.record import Record
from harness.records.results import Results
from harness.training.cohort import Cohort
from harness.training.engine import train

from support.studies import STUDY, run, write_study


@pytest.fixture
def again(registry, tiny):
    """A function from a record and a seed to the curve of the same configuration, trained once more."""

    def make(record: Record, seed: int) -> list[dict[str, float]]:
        cohort = Cohort(configurations=(record.configured(),), study_seed=seed, seed_index=record.seed_index)
        return train(cohort, tiny, registry)[0].curve

    return make


def first(results: Results, phase: str) -> Record:
    return next(record for record in results.ordered if record.phase == phase)


def test_tuning_is_at_the_study_s_seed_and_confirmation_at_one_of_its_identity(finished, tmp_path, again):
    results = Results.of(ResultFolder(finished(tmp_path / "out")))
    fresh = results.study.confirmation_seed
    for phase, seed, other in (("search", 0, fresh), ("select", 0, fresh), ("confirm", fresh, 0)):
        record = first(results, phase)
        assert again(record, seed) == record.curve != again(record, other)


def scores(folder) -> dict[tuple[str, str, int], list[float]]:
    """By phase, arm and seed index, what the defaults came to."""
    return {
        (record.phase, record.arm, record.seed_index): [point["dev_loss"] for point in record.curve]
        for record in Results.of(ResultFolder(folder)).ordered
        if record.which.is_defaults
    }


def test_two_studies_share_their_tuning_and_not_their_confirmation_unless_they_say_so(tmp_path):
    other = STUDY.replace('["optimiser"]', '["optimiser", "dropout"]').replace(
        "[model]", 'dropout = ["constant", "linear"]\n\n[model]'
    )
    named = [text.replace("compare ", 'seed_namespace = "ours"\ncompare ') for text in (STUDY, other)]
    found = []
    for number, text in enumerate([STUDY, other, *named]):
        run(write_study(tmp_path, text), tmp_path / str(number), overrides=("search.trials=1", "search.widen=false"))
        found.append(scores(tmp_path / str(number)))
    alone, beside, ours, theirs = found

    def same(one, two, phase: str) -> set[bool]:
        pairs = [
            (curve, two[phase, f"{arm}, constant", seed]) for (where, arm, seed), curve in one.items() if where == phase
        ]
        assert pairs
        return {curve == counterpart for curve, counterpart in pairs}

    assert same(alone, beside, "search") == same(ours, theirs, "search") == {True}
    assert same(alone, beside, "confirm") == {False}
    assert same(ours, theirs, "confirm") == {True}

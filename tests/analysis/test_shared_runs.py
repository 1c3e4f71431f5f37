"""Which runs two folders have in common, and what a comparison across them says of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.analysis.shared_runs import same_runs, shared, shared_notes
from harness.records.record import Record
from harness.study.configuration import Configuration

from support.by_hand import record, results, whole

OTHER_DIGEST = {"problem": {"name": "made up", "digest": "d2"}}


def without(made: Record, choice: str) -> Record:
    """The record as a version wrote it that did not know the choice."""
    configuration = made.configured()
    older = Configuration(
        choices=tuple(each for each in configuration.choices if each[0] != choice),
        model=configuration.model, training=configuration.training,
    )  # fmt: skip
    return replace(made, fingerprint=older.fingerprint, configuration=older.to_json())


def count(one: Record, other: Record, **changes: Any) -> int:
    return len(list(same_runs(results(one), results(other, **changes))))


ONE = record("confirm", "adam", 1, 100, 80.0)


def test_the_same_configuration_at_the_same_draws_is_the_same_run_whatever_its_last_digits():
    assert count(ONE, ONE) == 1
    assert count(ONE, record("confirm", "adam", 1, 100, 80.0001)) == 1  # of another machine
    assert count(ONE, record("confirm", "adam", 1, 100, None)) == 1
    assert count(ONE, record("confirm", "adam", 1, 101, 80.0)) == 0
    assert count(ONE, record("confirm", "adam", 1, 100, 80.0, {"lr": 0.5})) == 0
    assert count(ONE, ONE, seed=1) == 0


def test_a_run_of_a_version_that_knew_fewer_choices_is_told_by_its_numbers():
    assert count(ONE, without(ONE, "dropout")) == 1
    assert count(ONE, without(record("confirm", "adam", 1, 100, 80.0001), "dropout")) == 0
    assert count(ONE, without(record("confirm", "adam", 1, 100, 80.0, {"lr": 0.5}), "dropout")) == 0
    assert count(without(ONE, "dropout"), record("confirm", "adam", 1, 100, None)) == 0


def test_on_data_of_another_digest_only_equal_numbers_tell():
    assert count(ONE, ONE, **OTHER_DIGEST) == 1
    assert count(ONE, record("confirm", "adam", 1, 100, 80.0001), **OTHER_DIGEST) == 0


def test_tuning_and_confirmation_are_told_apart_by_their_seeds():
    fresh = {"format": 2, "seed_namespace": "", "confirmation_seed": 7}
    search, confirm = record("search", "adam", 1, 0, 70.0), ONE
    pairs = list(same_runs(results(search, confirm), results(search, confirm, **fresh)))
    assert [here.phase for here, _ in pairs] == ["search"]


def test_it_counts_by_arm_what_was_confirmed():
    found = shared(results(*whole()), results(*whole()))
    assert found is not None
    assert found.runs == {(name, name): 3 for name in ("adam, defaults", "adam", "sgd, defaults", "sgd")}
    assert found.count == 12
    assert shared(results(*whole()), results()) is None
    single = shared(
        results(ONE, record("search", "adam", 1, 0, 70.0)), results(ONE, record("search", "adam", 1, 0, 1.0))
    )
    assert single is not None
    assert single.of("there") == "1 confirmation run is also in there: 1 of adam"


def test_a_comparison_says_what_is_shared_and_whether_on_purpose():
    ours = {"format": 2, "seed_namespace": "ours", "confirmation_seed": 7}
    folders = {"a": results(*whole()), "b": results(*whole()), "c": results(*whole(), **ours), "d": results(**ours)}
    (line,) = shared_notes(folders)
    assert line == (
        "SHARED-SEEDS: of a, 12 confirmation runs are also in b: 3 of adam, defaults, 3 of adam, 3 of sgd, defaults, "
        "3 of sgd; they are the same runs, and no independent evidence"
    )
    (wished,) = shared_notes({"c": folders["c"], "d": results(*whole(), **ours)})
    assert wished.startswith("SHARED-SEEDS: on purpose, by the seed_namespace 'ours': of c, 12 confirmation runs are")
    assert "independent" not in wished

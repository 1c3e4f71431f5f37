"""Whether folders are of the same data: by their digests, or by runs that both have recorded."""

from __future__ import annotations

from typing import Any

import pytest

from harness.analysis.common_ground import common_ground
from harness.errors import ResultError
from harness.records.record import Record
from harness.records.results import Results

from support.by_hand import record, results, whole

RUN = record("search", "adam", 0, 0, 70.0)


def of(digest: str, *records: Record, format: int = 1, **changes: Any) -> Results:  # noqa: A002 - the file's word
    new = {"format": 2, "seed_namespace": "", "confirmation_seed": 9} if format == 2 else {}
    return results(*records, problem={"name": "made up", "digest": digest}, **new, **changes)


def refusal(**folders: Results) -> str:
    with pytest.raises(ResultError) as caught:
        common_ground(folders)
    return str(caught.value)


def test_one_digest_is_common_ground_without_a_word():
    folders = {"a": of("d1", *whole()), "b": of("d1")}
    assert common_ground(folders) == (folders, [])


def test_a_run_that_two_versions_recorded_with_the_same_numbers_shows_that_data_are_the_same():
    found, notes = common_ground({"a": of("d1", RUN), "b": of("d2", RUN, seed=0)})
    assert {each.study.problem.digest for each in found.values()} == {"d1"}
    assert notes == [
        "b and a know their data by digests of different versions; they are the same data: 1 run that both recorded "
        "ended with the same numbers, to the last digit"
    ]
    assert common_ground({"a": of("d1", RUN), "b": of("d2", RUN, format=2)})[1]


def test_a_digest_that_a_folder_had_before_counts_as_its_own():
    accepted = [{"digest": "d1", "added": {}, "remade": []}]
    folders = {"a": of("d1"), "b": of("d2", format=2, accepted=accepted), "c": of("d2", format=2)}
    found, notes = common_ground(folders)  # c knows of a's digest by b alone
    assert {each.study.problem.digest for each in found.values()} == {"d1"}
    assert notes == []


def test_without_such_a_run_it_says_how_to_get_one():
    off = record("search", "adam", 0, 0, 70.01)
    for others in ([], [off], [record("search", "adam", 0, 1, 70.0)]):
        assert refusal(a=of("d1", RUN, format=2), b=of("d2", *others)) == (
            "b: nothing shows that its data are those of a: b has a digest of an older version, and no run is in both; "
            "harness run b/study.toml --out b makes one recorded run again and brings it up to date"
        )
    assert "b and a have a digest of an older version" in refusal(a=of("d1", RUN), b=of("d2"))


def test_digests_of_content_that_differ_are_other_data_whatever_the_numbers():
    message = "b: its data (made up) are not those of a (made up): such scores cannot be compared"
    assert refusal(a=of("d1", RUN, format=2), b=of("d2", RUN, format=2)) == message


def test_another_problem_and_other_conventions_are_no_common_ground():
    other = results(problem={"name": "other", "digest": "d2"})
    assert refusal(a=of("d1"), b=other) == (
        "b: its data (other) are not those of a (made up): such scores cannot be compared"
    )
    assert refusal(a=of("d1"), b=of("d1", conventions="another")) == (
        "b: its metrics follow other conventions than those of a: 'another', not 'no punctuation'"
    )

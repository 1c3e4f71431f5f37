"""A study that was given as a dictionary is kept as a file that says the same."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import StudyError
from harness.study.toml import study_text, value_text

from support.paths import ROOT

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3), max_leaves=8
)


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_what_is_written_is_read_again(data):
    assert tomllib.loads(study_text(data)) == data


@pytest.mark.parametrize("path", sorted((ROOT / "studies").glob("*.toml")), ids=lambda path: path.stem)
def test_every_study_of_ours_can_be_a_dictionary(path):
    data = tomllib.loads(path.read_text())
    assert tomllib.loads(study_text(data)) == data


def test_numbers_of_numpy_paths_and_tuples_are_taken_as_they_are_meant():
    given = {"seed": np.int64(3), "path": Path("a/b.csv"), "space": {"lr": (np.float64(0.5), 1.0)}}
    assert tomllib.loads(study_text(given)) == {"seed": 3, "path": "a/b.csv", "space": {"lr": [0.5, 1.0]}}


def test_what_toml_cannot_say_is_named_with_its_keys():
    with pytest.raises(StudyError) as caught:
        study_text({"seed": None, "search": {"trials": {1}}, "list": [1, b"x"]}, "mine")
    assert [line.partition(": ")[2].partition(":")[0] for line in str(caught.value).splitlines()] == [
        "seed", "search.trials", "list.1",
    ]  # fmt: skip
    with pytest.raises(StudyError, match="got set"):
        value_text({1, 2})

"""The check that a problem is the same at every loading."""

from __future__ import annotations

import time

import pytest

from support.examining import fault, only_fault
from support.plain import honest, problem, splits


def another_each_time():
    """Of today."""
    return problem(**splits(int(time.time()) % 1000))


def conventions_each_time():
    """The same under another description."""
    return problem(conventions=f"as of {time.time_ns()}")


@pytest.mark.parametrize(
    ("cheat", "message"),
    [
        (another_each_time, "loaded twice, its train split differs: draw from a generator with a seed"),
        (conventions_each_time, "loaded twice, its vocabulary, conventions or score_data differ: make them"),
    ],
)
def test_problem(cheat, message):
    assert only_fault("same_data", "problem", cheat).startswith(message)


def test_a_seed_that_is_a_hyperparameter_passes():
    assert fault("same_data", "problem", honest) == ""

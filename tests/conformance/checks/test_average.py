"""The check that the average that a dropout schedule declares is the mean of its values."""

from __future__ import annotations

import pytest

import harness

from support.examining import fault, only_fault


def early(progress, *, rate: float = 0.5, cutoff: float = 0.5):
    """The rate until the cut-off."""
    return rate if progress < cutoff else 0.0


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(
    ("average", "message"),
    [
        (
            lambda rate, cutoff: rate / 2,
            "its average says 0.175, and the mean of its values is 0.245, at rate=0.35, cutoff=0.7",
        ),
        # Right at the defaults and at all ends.
        (lambda rate, cutoff: rate * round(cutoff, 1), "its average says "),
        (lambda rate, cutoff: float("nan"), "its average says nan, and the mean of its values is 0.25, at rate=0.5"),
    ],
)
def test_a_wrong_average(average, message):
    space = {"rate": harness.linear(0.0, 0.7), "cutoff": harness.linear(0.1, 0.9)}
    assert only_fault("average", "dropout", early, space=space, average=average).startswith(message)


def test_the_right_average_passes():
    space = {"rate": harness.linear(0.0, 0.7), "cutoff": harness.linear(0.1, 0.9)}
    assert fault("average", "dropout", early, space=space, average=lambda rate, cutoff: rate * cutoff) == ""

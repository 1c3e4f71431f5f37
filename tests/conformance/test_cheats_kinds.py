"""Initialisers and schedules that break what their kind promises."""

from __future__ import annotations

import itertools

import pytest
from torch import nn

import harness

from support.examining import accused

# Initialisers


def changes_inputs(weight, *, generator, inputs, layer: str):
    """Centres the output layer's inputs, in place."""
    if layer == "output":
        inputs.sub_(inputs.mean())
    nn.init.normal_(weight, std=0.1, generator=generator)


def leaves_some(weight, *, generator):
    """Forgets what is beyond the hundredth column."""
    weight[:, :100].normal_(generator=generator)


def leaves_a_row(weight, *, generator):
    """Forgets the last row."""
    weight[:-1].normal_(generator=generator)


def test_an_initialiser_that_changes_what_it_is_shown():
    assert accused("initialiser", changes_inputs) == {
        "weights": "it changes the inputs that it is shown: work on a copy"
    }


def test_an_initialiser_that_leaves_values_unfilled():
    assert accused("initialiser", leaves_some) == {
        "weights": "it leaves values of a (3, 200) weight unfilled or not finite"
    }
    assert accused("initialiser", leaves_a_row) == {
        "training": "a training with it fails: ValueError: initialiser 'subject' left values of the weight unfilled "
        "or not finite"
    }


# Schedules


def above(progress, *, rate: float = 0.4):
    """Rises to twice the rate."""
    return 2 * rate * progress


def negative(progress, *, end: float = 0.0):
    """Falls to the end, or so."""
    return 1 - progress * (1 + end)


def hump(progress, *, height: float = 0.2):
    """Too high for heights in the middle of the range alone."""
    return 1.5 if 0.3 < height < 0.7 else 0.1 + height / 2


def test_a_schedule_out_of_range_at_the_end_of_its_space():
    assert accused("dropout", above, space={"rate": harness.linear(0.1, 0.6)}) == {
        "range": "at progress 0.835 it gives 1.002, and a drop rate lies in [0, 1), at rate=0.6"
    }
    assert accused("lr_schedule", negative, space={"end": harness.linear(0.0, 0.3)}) == {
        "range": "at progress 0.77 it gives -0.001000000000000112, and a factor is at least 0, at end=0.3"
    }


def test_a_schedule_out_of_range_inside_its_space():
    found = accused("dropout", hump, space={"height": harness.linear(0.0, 1.0)})
    assert "range" in found


calls = itertools.count()


def counts(progress):
    """Falls with every call."""
    return 1 / (1 + next(calls))


def test_an_impure_schedule():
    found = accused("lr_schedule", counts)
    assert (
        found["purity"] == "its value depends on what it was asked before: a schedule is a function of progress alone"
    )


def early(progress, *, rate: float = 0.5, cutoff: float = 0.5):
    """The rate until the cut-off."""
    return rate if progress < cutoff else 0.0


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
    found = accused("dropout", early, space=space, average=average)
    assert found.keys() == {"average"}
    assert found["average"].startswith(message)

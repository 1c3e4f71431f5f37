"""The check that an initialiser fills weights of any shape, and changes nothing else."""

from __future__ import annotations

from torch import nn

from support.examining import accused


def changes_inputs(weight, *, generator, inputs, layer: str):
    """Centres the output layer's inputs, in place."""
    if layer == "output":
        inputs.sub_(inputs.mean())
    nn.init.normal_(weight, std=0.1, generator=generator)


def leaves_some(weight, *, generator):
    """Forgets what is beyond the hundredth column."""
    weight[:, :100].normal_(generator=generator)


def test_an_initialiser_that_changes_what_it_is_shown():
    assert accused("initialiser", changes_inputs) == {
        "weights": "it changes the inputs that it is shown: work on a copy"
    }


def test_an_initialiser_that_leaves_values_unfilled():
    assert accused("initialiser", leaves_some) == {
        "weights": "it leaves values of a (3, 200) weight unfilled or not finite"
    }


def all_alike(weight, *, generator, value: float = 0.01):
    """A constant."""
    weight.fill_(value)


def test_a_constant_passes():
    assert accused("initialiser", all_alike) == {}

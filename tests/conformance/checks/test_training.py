"""The check that a model can be trained with a component, and is a plain model afterwards."""

from __future__ import annotations

import re

import pytest
import torch
from torch.optim import SGD, Optimizer

from harness import Regulariser

from support.examining import accused, fault
from support.plain import Plain


def build(groups):
    """SGD over the parameter groups that a function makes of a model."""

    def optimiser(model, *, lr: float = 0.1) -> Optimizer:
        """SGD, over some parameters."""
        return SGD(groups(model), lr=lr)

    return optimiser


def foreign(model):
    return [*model.parameters(), torch.nn.Parameter(torch.zeros(3))]


def twice(model):
    return [{"params": [model.hidden.bias]}, {"params": list(model.parameters())}]


FAILS = r"a training with it fails: (\S+\.py:\d+: )?ValueError: "


ONCE = ", each parameter belongs in exactly one"


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (
            lambda model: [each for each in model.parameters() if each.dim() > 1],
            f"optimiser 'subject' has hidden.bias in 0 of its parameter groups{ONCE}",
        ),
        (foreign, "optimiser 'subject' has 1 parameters that are not the model's"),
        (twice, "some parameters appear in more than one parameter group"),
    ],
)
def test_groups(groups, message):
    found = accused("optimiser", build(groups))
    assert found.keys() == {"training"}
    assert re.fullmatch(FAILS + re.escape(message), found["training"])


def leaves_a_row(weight, *, generator):
    """Forgets the last row."""
    weight[:-1].normal_(generator=generator)


def test_an_initialiser_that_leaves_a_row_unfilled():
    assert accused("initialiser", leaves_a_row) == {
        "training": "a training with it fails: ValueError: initialiser 'subject' left values of the weight unfilled "
        "or not finite"
    }


def wrapping(model, *, lr: float = 0.1) -> Optimizer:
    """Steps along the gradient, and sharpens what the model says."""
    model.output.register_forward_hook(lambda module, given, found: 2 * found)
    return Plain(model.parameters(), lr)


class Hooks(Regulariser):
    """Sharpens what the model says, long after training."""

    def start(self, model, train, vocabulary):
        model.output.register_forward_hook(lambda module, given, found: 2 * found)


@pytest.mark.parametrize(("kind", "cheat"), [("optimiser", wrapping), ("regularisers", Hooks)])
def test_a_model_that_computes_something_else_afterwards(kind, cheat):
    found = accused(kind, cheat)
    assert found.keys() == {"training"}
    assert found["training"].startswith(
        "the model that it leaves computes something else than a new one with the same weights"
    )


def test_groups_that_hold_every_parameter_once_pass():
    def halves(model):
        weights = list(model.parameters())
        return [{"params": weights[:2]}, {"params": weights[2:]}]

    assert fault("training", "optimiser", build(halves)) == ""


def test_a_hook_that_changes_nothing_passes():
    class Listens(Regulariser):
        """Hears what the model says."""

        def start(self, model, train, vocabulary):
            model.output.register_forward_hook(lambda module, given, logits: None)

    assert fault("training", "regularisers", Listens) == ""

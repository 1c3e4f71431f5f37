"""Optimisers that break what their kind promises."""

from __future__ import annotations

import re

import pytest
import torch
from torch.optim import SGD, Optimizer

from support.examining import accused


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


class Plain(Optimizer):
    """Steps along the gradient."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for each in group["params"]:
                self.move(each, group)

    def move(self, each, group):
        each.sub_(each.grad, alpha=group["lr"])


class ForgetsBiases(Plain):
    """Steps along the gradient, of matrices."""

    def move(self, each, group):
        if each.dim() > 1:
            super().move(each, group)


class OwnRate(Plain):
    """Steps along the gradient, at the lr that it was built with."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, lr)
        self.lr = lr

    def move(self, each, group):
        each.sub_(each.grad, alpha=self.lr)


class Momentum(Plain):
    """Steps along a mean of gradients, kept where no state_dict looks."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, lr)
        self.means = {}

    def move(self, each, group):
        self.means[each] = each.grad + 0.9 * self.means.get(each, 0)
        each.sub_(self.means[each], alpha=group["lr"])


class Initialises(Plain):
    """Steps along the gradient, from weights that it likes better."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, lr)
        with torch.no_grad():
            self.param_groups[0]["params"][0].mul_(0.5)


class Shows(Plain):
    """Shows halved weights for evaluation, and leaves them so."""

    def eval(self):
        with torch.no_grad():
            for each in self.param_groups[0]["params"]:
                each.mul_(0.5)


class Forgets(Shows):
    """Shows halved weights for evaluation, and has a train() that does not undo it."""

    def train(self):
        pass


def without_dropout(model, *, lr: float = 0.1) -> Optimizer:
    """Steps along the gradient, and switches dropout off."""

    class WithoutDropout(Plain):
        """Needs a closure."""

        needs_closure = True

        def step(self, closure):
            model.dropout.rate = 0.0
            loss = closure()
            super().step()
            return loss

    return WithoutDropout(model.parameters(), lr)


def freezing(model, *, lr: float = 0.1) -> Optimizer:
    """Steps along the gradient, and keeps the embedding as it is."""
    model.embedding.weight.requires_grad_(False)

    class Freezing(Plain):
        """Leaves out what has no gradient."""

        def move(self, each, group):
            if each.grad is not None:
                super().move(each, group)

    return Freezing(model.parameters(), lr)


def wrapping(model, *, lr: float = 0.1) -> Optimizer:
    """Steps along the gradient, and sharpens what the model says."""
    model.output.register_forward_hook(lambda module, given, found: 2 * found)
    return Plain(model.parameters(), lr)


def secretive(model, *, lr: float = 0.1) -> Optimizer:
    """Steps along the gradient, of passes that nobody counts."""

    class Secretive(Plain):
        """Looks at the model."""

        def step(self):
            super().step()
            model(torch.zeros(1, 5, dtype=torch.int32))

    return Secretive(model.parameters(), lr)


@pytest.mark.parametrize(
    ("cheat", "check", "message"),
    [
        (ForgetsBiases, "parameters", "hidden.bias is in its groups and never moves"),
        (OwnRate, "parameters", "an lr schedule changes nothing: take lr from the group at every step, or register it"),
        (Momentum, "state", "loaded from its state_dict after 8 steps, it differs at step 9: keep what it"),
        (Initialises, "model", "it changes the starting weights before the first step"),
        (Forgets, "modes", "its train() after eval() does not give back the weights that were there"),
        (Shows, "modes", "its train() after eval() does not give back the weights that were there"),
        (without_dropout, "model", "it changes the model's mode or its drop rate, which is the dropout schedule's"),
        (secretive, "model", "it passes the model 2 times, of which 1 are counted: use what counts them, compute()"),
        (wrapping, "training", "the model that it leaves computes something else than a new one with the same weights"),
    ],
)
def test_optimisers(cheat, check, message):
    found = accused("optimiser", cheat)
    assert found.keys() == {check}
    assert found[check].startswith(message)


def test_an_optimiser_that_freezes():
    found = accused("optimiser", freezing)
    assert found["model"] == "it takes a parameter out of training: requires_grad is not its to change"
    assert found["parameters"] == "embedding.weight is in its groups and never moves"

"""The check that an optimiser moves every parameter, at the learning rate that its groups say."""

from __future__ import annotations

import pytest
import torch
from torch.optim import Optimizer

import harness

from support.examining import accused, only_fault
from support.plain import Plain


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


@pytest.mark.parametrize(
    ("cheat", "message"),
    [
        (ForgetsBiases, "hidden.bias is in its groups and never moves"),
        (OwnRate, "an lr schedule changes nothing: take lr from the group at every step, or register it"),
    ],
)
def test_optimiser(cheat, message):
    assert only_fault("parameters", "optimiser", cheat).startswith(message)


def without_rate(model, *, scale: float = 0.1) -> Optimizer:
    """SGD without an lr, that says so."""

    class WithoutRate(Optimizer):
        """Has no lr in its groups."""

        @torch.no_grad()
        def step(self):
            for each in self.param_groups[0]["params"]:
                each.sub_(each.grad, alpha=scale)

    return WithoutRate(model.parameters(), {})


@pytest.mark.slow
def test_one_without_a_learning_rate_passes_if_it_says_so():
    traits = harness.Traits(only_with={"lr_schedule": ("constant",)})
    assert accused("optimiser", without_rate, traits=traits) == {}

"""The check that an optimiser's state_dict holds all that it remembers."""

from __future__ import annotations

import torch

from support.examining import fault, only_fault
from support.plain import Plain


class Momentum(Plain):
    """Steps along a mean of gradients, kept where no state_dict looks."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, lr)
        self.means = {}

    def move(self, each, group):
        self.means[each] = each.grad + 0.9 * self.means.get(each, 0)
        each.sub_(self.means[each], alpha=group["lr"])


def test_an_optimiser_that_remembers_in_an_attribute():
    assert only_fault("state", "optimiser", Momentum).startswith(
        "loaded from its state_dict after 8 steps, it differs at step 9: keep what it"
    )


class MomentumInState(Plain):
    """Steps along a mean of gradients, kept where a state_dict looks."""

    def move(self, each, group):
        mean = self.state[each].setdefault("mean", torch.zeros_like(each))
        mean.mul_(0.9).add_(each.grad)
        each.sub_(mean, alpha=group["lr"])


def test_one_that_remembers_in_its_state_passes():
    assert fault("state", "optimiser", MomentumInState) == ""

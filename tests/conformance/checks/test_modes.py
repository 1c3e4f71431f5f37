"""The check that train() undoes what eval() does to the weights."""

from __future__ import annotations

import pytest
import torch
from torch.optim import SGD

from harness import Regulariser

from support.examining import accused, only_fault
from support.plain import Plain


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


@pytest.mark.parametrize(
    ("cheat", "message"),
    [
        (Forgets, "its train() after eval() does not give back the weights that were there"),
        (Shows, "its train() after eval() does not give back the weights that were there"),
    ],
)
def test_optimiser(cheat, message):
    assert only_fault("modes", "optimiser", cheat).startswith(message)


class Halves(Regulariser):
    """Evaluates halved weights, and trains on with them."""

    def eval(self):
        with torch.no_grad():
            self.model.hidden.weight.mul_(0.5)


class Restless(Regulariser):
    """Evaluates weights with noise, and puts back what was there."""

    def eval(self):
        weight = self.model.hidden.weight
        self.kept = weight.detach().clone()
        with torch.no_grad():
            weight.add_(torch.randn(weight.shape, generator=self.generator), alpha=0.01)

    def train(self):
        if hasattr(self, "kept"):
            with torch.no_grad():
                self.model.hidden.weight.copy_(self.kept)


@pytest.mark.parametrize(
    ("cheat", "message"),
    [
        (Halves, "its train() after eval() does not give back the weights that were there"),
        (Restless, "its eval() shows other weights the second time, without a step in between"),
    ],
)
def test_regularisers(cheat, message):
    assert only_fault("modes", "regularisers", cheat).startswith(message)


class Averages(SGD):
    """SGD with a mean of its weights, that is shown for evaluation."""

    def __init__(self, params, lr=0.1, decay: float = 0.8):
        super().__init__(params, lr=lr)
        self.defaults["decay"] = self.param_groups[0]["decay"] = decay

    @torch.no_grad()
    def step(self, closure=None):
        super().step()
        for each in self.param_groups[0]["params"]:
            mean = self.state[each].setdefault("mean", each.clone())
            mean.lerp_(each, 1 - self.param_groups[0]["decay"])

    def train(self):
        self._show(mean=False)

    def eval(self):
        self._show(mean=True)

    @torch.no_grad()
    def _show(self, mean: bool):
        group = self.param_groups[0]
        if group.get("shows_mean", False) != mean:
            group["shows_mean"] = mean
            for each in group["params"]:
                kept = each.clone()
                each.copy_(self.state[each]["mean"])
                self.state[each]["mean"] = kept


@pytest.mark.slow
def test_one_that_shows_a_mean_and_puts_back_what_was_there_passes():
    assert accused("optimiser", Averages) == {}

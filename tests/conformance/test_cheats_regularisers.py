"""Regularisers that break what their kind promises."""

from __future__ import annotations

import pytest
import torch

from harness import Regulariser

from support.examining import accused


class Perturbs(Regulariser):
    """Computes the gradient elsewhere, and stays there."""

    def gradient(self, compute, step):
        with torch.no_grad():
            self.model.hidden.weight.mul_(0.99)
        return compute()


class Drifts(Regulariser):
    """Puts another gradient beside the first when it is asked again."""

    times = 0

    def start(self, model, train, vocabulary):
        self.times = 0

    def loss(self, loss, logits, labels, again):
        self.times += 1
        return loss * (1 + self.times / 100)


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


class Schedules(Regulariser):
    """Lets lr fall, in secret."""

    def after(self, optimiser, step):
        optimiser.param_groups[0]["lr"] *= 0.9


class Lively(Regulariser):
    """Switches dropout off, in secret."""

    def tokens(self, tokens):
        self.model.dropout.rate = 0.0
        return tokens


class Starts(Regulariser):
    """Starts from smaller weights."""

    def start(self, model, train, vocabulary):
        with torch.no_grad():
            model.output.weight.mul_(0.1)


class Peeks(Regulariser):
    """Takes a pass more, which nobody counts."""

    def after(self, optimiser, step):
        with torch.no_grad():
            self.model(step.tokens)


class Hooks(Regulariser):
    """Sharpens what the model says, long after training."""

    def start(self, model, train, vocabulary):
        model.output.register_forward_hook(lambda module, given, found: 2 * found)


@pytest.mark.parametrize(
    ("cheat", "check", "message"),
    [
        (Perturbs, "gradient", "its gradient() leaves other weights than it found: put them back, in a finally"),
        (Drifts, "gradient", "computed twice for one step, the gradient differs: draw from self.generator, and let"),
        (Schedules, "gradient", "it changes the optimiser's groups: the lr there is the schedule's"),
        (Halves, "modes", "its train() after eval() does not give back the weights that were there"),
        (Restless, "modes", "its eval() shows other weights the second time, without a step in between"),
        (Lively, "model", "it changes the model's mode or its drop rate, which is the dropout schedule's"),
        (Starts, "model", "it changes the starting weights before the first step"),
        (Peeks, "model", "it passes the model 2 times, of which 1 are counted: use what counts them"),
        (Hooks, "training", "the model that it leaves computes something else than a new one with the same weights"),
    ],
)
def test_regularisers(cheat, check, message):
    found = accused("regularisers", cheat)
    assert found.keys() == {check}
    assert found[check].startswith(message)

"""The check that a regulariser's gradient() leaves everything as it was, and is the same when asked again."""

from __future__ import annotations

import copy

import pytest
import torch

from harness import Regulariser

from support.examining import accused, only_fault


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


class Schedules(Regulariser):
    """Lets lr fall, in secret."""

    def after(self, optimiser, step):
        optimiser.param_groups[0]["lr"] *= 0.9


@pytest.mark.parametrize(
    ("cheat", "message"),
    [
        (Perturbs, "its gradient() leaves other weights than it found: put them back, in a finally"),
        (Drifts, "computed twice for one step, the gradient differs: draw from self.generator, and let"),
        (Schedules, "it changes the optimiser's groups: the lr there is the schedule's"),
    ],
)
def test_regularisers(cheat, message):
    assert only_fault("gradient", "regularisers", cheat).startswith(message)


class Teacher(Regulariser):
    """The loss of a slower copy's labels, which is passed in eval mode and brought up to date in after()."""

    def __init__(self, *, weight: float = 0.5):
        self.weight = weight

    def start(self, model, train, vocabulary):
        self.copy = copy.deepcopy(model).eval()

    def gradient(self, compute, step):
        with torch.no_grad():
            self.target = self.copy(step.tokens).softmax(1)
        return compute()

    def loss(self, loss, logits, labels, again):
        return loss - self.weight * (self.target * logits.log_softmax(1)).sum(1).mean()

    @torch.no_grad()
    def after(self, optimiser, step):
        for slow, fast in zip(self.copy.parameters(), self.model.parameters(), strict=True):
            slow.lerp_(fast, 0.3)


class Twice(Regulariser):
    """The gradient a little further down, of a second pass."""

    def __init__(self, *, rho: float = 0.1):
        self.rho = rho

    def gradient(self, compute, step):
        loss = compute()
        weight = self.model.hidden.weight
        before = weight.detach().clone()
        with torch.no_grad():
            weight.add_(weight.grad, alpha=-self.rho)
        try:
            compute()
        finally:
            with torch.no_grad():
                weight.copy_(before)
        return loss


@pytest.mark.slow
@pytest.mark.parametrize("honest", [Teacher, Twice])
def test_a_second_model_and_a_second_pass_pass(honest):
    assert accused("regularisers", honest) == {}

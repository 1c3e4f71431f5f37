"""Optimisers and regularisers that are honest, and not like others: the kit must not accuse them."""

from __future__ import annotations

import copy
from typing import Literal

import pytest
import torch
from torch.optim import SGD, Optimizer

import harness
from harness import Regulariser

from support.examining import accused

pytestmark = pytest.mark.slow

# Optimisers


def noisy(model, *, lr: float = 0.1, noise: float = 0.01) -> Optimizer:
    """SGD with noise from torch's global stream, all that an optimiser of somebody else's knows."""

    class Noisy(SGD):
        """Langevin's."""

        @torch.no_grad()
        def step(self, closure=None):
            for each in self.param_groups[0]["params"]:
                each.grad.add_(torch.randn_like(each), alpha=noise)
            super().step()

    return Noisy(model.parameters(), lr=lr)


class Search(Optimizer):
    """Halves the step until the loss falls: several closures a step, each with the same masks."""

    needs_closure = True

    def __init__(self, params, lr=4.0, halvings: int = 3):
        super().__init__(params, {"lr": lr})
        self.halvings = halvings

    def step(self, closure):
        loss = closure()
        group = self.param_groups[0]
        before = [(each, each.detach().clone(), each.grad.clone()) for each in group["params"]]
        for halving in range(self.halvings):
            with torch.no_grad():
                for each, start, gradient in before:
                    each.copy_(start - group["lr"] * 0.5**halving * gradient)
            if closure() < loss:
                break
        return loss


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


def watching(model, *, lr: float = 0.1) -> Optimizer:
    """SGD that a hook tells the size of what comes out, as natural gradients need."""
    sizes = []
    model.output.register_forward_hook(lambda module, given, found: sizes.append(found.detach().norm()))

    class Watching(SGD):
        """Scales by it."""

        def step(self, closure=None):
            for each in self.param_groups[0]["params"]:
                each.grad.div_(1 + sizes[-1])
            super().step()

    return Watching(model.parameters(), lr=lr)


def without_rate(model, *, scale: float = 0.1) -> Optimizer:
    """SGD without an lr, that says so."""

    class WithoutRate(Optimizer):
        """Has no lr in its groups."""

        @torch.no_grad()
        def step(self):
            for each in self.param_groups[0]["params"]:
                each.sub_(each.grad, alpha=scale)

    return WithoutRate(model.parameters(), {})


class SwitchedOn(SGD):
    """SGD, with noise_decay for a noise that is off, and damping for a momentum that is off."""

    def __init__(
        self, params, lr=0.1, noise: float = 0.0, noise_decay: float = 0.5, plain: bool = True, heat: float = 1.0
    ):
        super().__init__(params, lr=lr)
        self.own = noise, noise_decay, plain, heat

    def step(self, closure=None):
        noise, decay, plain, heat = self.own
        for each in self.param_groups[0]["params"]:
            norm = each.grad.norm()
            each.grad.mul_(1 + noise * decay**norm).mul_(1 if plain else heat)
        super().step()


# Regularisers


class Late(Regulariser):
    """Nothing for nine tenths of training, then a penalty."""

    def __init__(self, *, strength: float = 0.1):
        self.strength = strength

    def after(self, optimiser, step):
        if step.progress > 0.9:
            with torch.no_grad():
                self.model.hidden.weight.mul_(1 - self.strength)


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


class Unfreezes(Regulariser):
    """No gradient for the embedding in the first half."""

    def gradient(self, compute, step):
        loss = compute()
        if step.progress < 0.5:
            self.model.embedding.weight.grad.zero_()
        return loss


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


class Words(Regulariser):
    """Noise in one of three ways."""

    def __init__(self, *, way: Literal["more", "less", "none"] = "none", width: float = 0.1):
        self.way, self.width = way, width

    def hidden(self, hidden):
        noise = self.width * torch.rand(hidden.shape, generator=self.generator)
        return hidden + {"more": noise, "less": -noise, "none": 0 * noise}[self.way]


class OneOf(Words):
    """Noise in one of two ways, of which others are refused."""

    def __init__(self, *, way: str = "more"):
        if way not in ("more", "less"):
            raise ValueError("way must be more or less")
        super().__init__(way=way)


@pytest.mark.parametrize(
    ("kind", "honest", "how"),
    [
        ("optimiser", noisy, {"space": {"noise": harness.log(1e-3, 1)}}),
        ("optimiser", Search, {}),
        ("optimiser", Averages, {}),
        ("optimiser", watching, {}),
        ("optimiser", without_rate, {"traits": harness.Traits(only_with={"lr_schedule": ("constant",)})}),
        ("optimiser", SwitchedOn, {}),
        ("optimiser", SwitchedOn, {"space": {"noise": harness.log(1e-3, 1), "plain": harness.options(False, True)}}),
        ("regularisers", Late, {}),
        ("regularisers", Teacher, {}),
        ("regularisers", Unfreezes, {}),
        ("regularisers", Twice, {}),
        ("regularisers", Words, {}),
        ("regularisers", OneOf, {}),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_nobody_honest_is_accused(kind, honest, how):
    assert accused(kind, honest, **how) == {}

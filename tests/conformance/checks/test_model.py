"""The check that a component changes of the model its weights alone, and passes it where passes are counted."""

from __future__ import annotations

import pytest
import torch
from torch.optim import SGD, Optimizer

from harness import Regulariser

from support.examining import accused, only_fault
from support.plain import Plain


class Initialises(Plain):
    """Steps along the gradient, from weights that it likes better."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, lr)
        with torch.no_grad():
            self.param_groups[0]["params"][0].mul_(0.5)


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


def secretive(model, *, lr: float = 0.1) -> Optimizer:
    """Steps along the gradient, of passes that nobody counts."""

    class Secretive(Plain):
        """Looks at the model."""

        def step(self):
            super().step()
            model(torch.zeros(1, 5, dtype=torch.int32))

    return Secretive(model.parameters(), lr)


def freezing(model, *, lr: float = 0.1) -> Optimizer:
    """Steps along the gradient, and keeps the embedding as it is."""
    model.embedding.weight.requires_grad_(False)

    class Freezing(Plain):
        """Leaves out what has no gradient."""

        def move(self, each, group):
            if each.grad is not None:
                super().move(each, group)

    return Freezing(model.parameters(), lr)


@pytest.mark.parametrize(
    ("cheat", "message"),
    [
        (Initialises, "it changes the starting weights before the first step"),
        (without_dropout, "it changes the model's mode or its drop rate, which is the dropout schedule's"),
        (secretive, "it passes the model 2 times, of which 1 are counted: use what counts them, compute()"),
    ],
)
def test_optimiser(cheat, message):
    assert only_fault("model", "optimiser", cheat).startswith(message)


def test_an_optimiser_that_freezes():
    found = accused("optimiser", freezing)
    assert found["model"] == "it takes a parameter out of training: requires_grad is not its to change"
    assert found["parameters"] == "embedding.weight is in its groups and never moves"


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


@pytest.mark.parametrize(
    ("cheat", "message"),
    [
        (Lively, "it changes the model's mode or its drop rate, which is the dropout schedule's"),
        (Starts, "it changes the starting weights before the first step"),
        (Peeks, "it passes the model 2 times, of which 1 are counted: use what counts them"),
    ],
)
def test_regularisers(cheat, message):
    assert only_fault("model", "regularisers", cheat).startswith(message)


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


class Unfreezes(Regulariser):
    """No gradient for the embedding in the first half."""

    def gradient(self, compute, step):
        loss = compute()
        if step.progress < 0.5:
            self.model.embedding.weight.grad.zero_()
        return loss


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "honest"), [("optimiser", Search), ("optimiser", watching), ("regularisers", Unfreezes)]
)
def test_counted_passes_hooks_and_gradients_of_zero_pass(kind, honest):
    assert accused(kind, honest) == {}

"""What pulls the weights towards zero: in the gradient, or after the optimiser's step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn.functional import softshrink
from torch.optim import Optimizer

import harness
from harness_plugins.checks import not_negative

Rows = Literal["all", "touched", "none"]


class L2(harness.Regulariser):
    """L2, the gradient of strength/2·‖w‖² added to the loss's, g ← g + strength·w: Krogh & Hertz 1992.

    ``biases``: whether they are pulled as well. Every row of the embedding is. Not for adaptive optimisers, which
    divide it by the root mean square of the gradient: there ``decay`` is what is meant.
    """

    def __init__(self, *, strength: float = 1e-4, biases: bool = False) -> None:
        not_negative(strength=strength)
        self.strength, self.biases = strength, biases

    def gradient(self, compute: Callable[[], Tensor], step: harness.Step) -> Tensor:
        loss = compute()
        with torch.no_grad():
            for each in self.model.parameters():
                if each.grad is not None and (self.biases or each.dim() > 1):
                    each.grad.add_(each, alpha=self.strength)
        return loss


class L1(harness.Regulariser):
    """L1 as a proximal step, w ← sign(w)·max(|w| − lr·strength, 0) after the optimiser's: Duchi & Singer 2009.

    It makes exact zeros, which a subgradient never does. The lr is that of a weight's own group. ``biases``: whether
    they shrink as well. Not for lasso's solution with an adaptive optimiser, whose steps differ from weight to weight.
    """

    def __init__(self, *, strength: float = 1e-3, biases: bool = False) -> None:
        not_negative(strength=strength)
        self.strength, self.biases = strength, biases

    @torch.no_grad()
    def after(self, optimiser: Optimizer, step: harness.Step) -> None:
        for each, lr in _with_lr(optimiser):
            if self.biases or each.dim() > 1:
                each.copy_(softshrink(each, lr * self.strength))


class Decay(harness.Regulariser):
    """Decoupled weight decay after the optimiser's step, p ← (1 − lr·strength)·p: Loshchilov & Hutter 2019.

    The lr is that of a parameter's own group; no weight is carried past 0. ``embedding``: ``all`` its rows decay, as in
    AdamW, only the ``touched``, whose feature occurs in the batch, or ``none``. ``biases``: whether they decay as well.
    Not for an optimiser that decays by itself: both would.
    """

    def __init__(self, *, strength: float = 0.01, embedding: Rows = "all", biases: bool = False) -> None:
        not_negative(strength=strength)
        if embedding not in get_args(Rows):
            raise ValueError(f"embedding must be one of {', '.join(get_args(Rows))}, got {embedding!r}")
        self.strength, self.embedding, self.biases = strength, embedding, biases

    @torch.no_grad()
    def after(self, optimiser: Optimizer, step: harness.Step) -> None:
        for each, lr in _with_lr(optimiser):
            kept = max(1 - lr * self.strength, 0.0)
            if each is self.model.embedding.weight and self.embedding != "all":
                if self.embedding == "touched":
                    rows = torch.unique(step.tokens).long()
                    each[rows] *= kept
            elif self.biases or each.dim() > 1:
                each.mul_(kept)


def _with_lr(optimiser: Optimizer) -> Iterator[tuple[nn.Parameter, float]]:
    for group in optimiser.param_groups:
        if "lr" not in group:
            raise ValueError("needs an optimiser whose parameter groups have an lr, of which it takes a share")
        for each in group["params"]:
            yield each, float(group["lr"])

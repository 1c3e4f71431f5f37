"""Weights that are held within a limit, or are others for the length of a pass.

Those of the second kind change the weights before the pass, put the same bits back after it, and correct the gradient
by the chain rule: the hidden layer can still be computed by pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

import harness
from harness_plugins.checks import fraction, positive
from harness_plugins.regularisers.masks import scaled_mask


@contextmanager
def restored(weights: Iterable[Tensor]) -> Iterator[None]:
    """Whatever is done to the weights inside is undone, to the bit."""
    before = [(each, each.detach().clone()) for each in weights]
    try:
        yield
    finally:
        with torch.no_grad():
            for each, values in before:
                each.copy_(values)


class MaxNorm(harness.Regulariser):
    """Max-norm, each hidden unit's incoming weights scaled back to a norm of at most limit: Srivastava et al. 2014.

    After every step of the optimiser. Not for layers that start above the limit: the first step would cut them down.
    """

    def __init__(self, *, limit: float = 2.0) -> None:
        positive(limit=limit)
        self.limit = limit

    @torch.no_grad()
    def after(self, optimiser: Optimizer, step: harness.Step) -> None:
        weight = self.model.hidden.weight
        norms = torch.linalg.vector_norm(weight, dim=1, keepdim=True)
        weight.mul_((self.limit / norms).clamp(max=1.0))


class DropConnect(harness.Regulariser):
    """DropConnect: hidden weights zeroed with probability rate, the others times 1/(1 − rate): Wan et al. 2013.

    One mask a pass, for all its examples, as in Merity et al. 2018. Not for measuring it alone while the hidden units
    have dropout of their own.
    """

    def __init__(self, *, rate: float = 0.2) -> None:
        fraction(rate=rate)
        self.rate = rate

    def gradient(self, compute: Callable[[], Tensor], step: harness.Step) -> Tensor:
        weight = self.model.hidden.weight
        return _masked(weight, scaled_mask(weight.shape, self.rate, self.generator, weight), compute)


class RowDropout(harness.Regulariser):
    """Embedding dropout: whole rows zeroed, the others times 1/(1 − rate): Gal & Ghahramani 2016.

    One mask a pass: a feature is dropped wherever the batch has it. Not for few features that every example has: at
    times all of the batch would miss them.
    """

    def __init__(self, *, rate: float = 0.1) -> None:
        fraction(rate=rate)
        self.rate = rate

    def gradient(self, compute: Callable[[], Tensor], step: harness.Step) -> Tensor:
        weight = self.model.embedding.weight
        return _masked(weight, scaled_mask((len(weight), 1), self.rate, self.generator, weight), compute)


class Mixout(harness.Regulariser):
    """Mixout, u + (w − u)·mask, u being w's start and mask 0 at the rate, else 1/(1 − rate): Lee et al. 2020.

    Of the embedding, the hidden and the output weight, not of biases; on average w. Not for weights that start
    anywhere: it holds them near a start worth keeping, as pretrained vectors are.
    """

    def __init__(self, *, rate: float = 0.5) -> None:
        fraction(rate=rate)
        self.rate = rate

    def start(self, model: harness.EmbeddingClassifier, train: harness.Split, vocabulary: harness.Vocabulary) -> None:
        self._starts = [(each, each.detach().clone()) for each in model.parameters() if each.dim() > 1]

    def gradient(self, compute: Callable[[], Tensor], step: harness.Step) -> Tensor:
        masks = [scaled_mask(each.shape, self.rate, self.generator, each) for each, _ in self._starts]
        with restored(each for each, _ in self._starts):
            with torch.no_grad():
                for (each, start), mask in zip(self._starts, masks, strict=True):
                    each.copy_(start.lerp(each, mask))  # to the bit w where the mask is 1, and u where it is 0
            loss = compute()
        for (each, _), mask in zip(self._starts, masks, strict=True):
            _scale_gradient(each, mask)
        return loss


def _masked(weight: nn.Parameter, mask: Tensor, compute: Callable[[], Tensor]) -> Tensor:
    """A pass with ``weight · mask`` for the weight, and the gradient of the weight."""
    with restored([weight]):
        with torch.no_grad():
            weight.mul_(mask)
        loss = compute()
    _scale_gradient(weight, mask)
    return loss


@torch.no_grad()
def _scale_gradient(weight: Tensor, mask: Tensor) -> None:
    if weight.grad is not None:
        weight.grad.mul_(mask)

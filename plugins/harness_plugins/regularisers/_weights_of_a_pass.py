"""Weights that are others for the length of a pass.

What is done to them before the pass is undone after it, to the bit, and the gradient is corrected by the chain rule:
the hidden layer can still be computed by pairs of position and feature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def restored(weights: Iterable[Tensor]) -> Iterator[None]:
    """A context at whose end the weights have the bits that they had before it."""
    before = [(weight, weight.detach().clone()) for weight in weights]
    try:
        yield
    finally:
        with torch.no_grad():
            for weight, values in before:
                weight.copy_(values)


def masked_pass(weight: nn.Parameter, mask: Tensor, compute: Callable[[], Tensor]) -> Tensor:
    """The loss of a pass with ``weight · mask`` for the weight, whose gradient is then the weight's own."""
    with restored([weight]):
        with torch.no_grad():
            weight.mul_(mask)
        loss = compute()
    scale_gradient(weight, mask)
    return loss


@torch.no_grad()
def scale_gradient(weight: Tensor, mask: Tensor) -> None:
    if weight.grad is not None:
        weight.grad.mul_(mask)

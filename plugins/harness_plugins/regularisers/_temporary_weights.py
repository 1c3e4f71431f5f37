"""Change weights for one pass, and restore them bit for bit.

The gradient is corrected by the chain rule. The hidden layer can still be computed by pairs of position and feature.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


@contextmanager
def restored(weights: Iterable[Tensor]) -> Iterator[None]:
    """After the body, the weights have the bits that they had before."""
    before = [(weight, weight.detach().clone()) for weight in weights]
    try:
        yield
    finally:
        with torch.no_grad():
            for weight, values in before:
                weight.copy_(values)


def masked_pass(weight: Tensor, mask: Tensor, compute: Callable[[], Tensor]) -> Tensor:
    """The loss of a pass with ``weight · mask`` in place of the weight; the gradient is that of the weight itself."""
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

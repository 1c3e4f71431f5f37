"""What is done to the gradient between the backward pass and the optimiser's step."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.utils import clip_grad_norm_, clip_grad_value_, get_total_norm

import harness
from harness_plugins.checks import not_negative, positive
from harness_plugins.regularisers.weights import restored


class ClipNorm(harness.Regulariser):
    """Clipping by norm, g ← g·min(1, limit/‖g‖), of all parameters together: Pascanu et al. 2013.

    Not for Adam and its like as a means to shorter steps: they are hardly shorter for a smaller gradient.
    """

    def __init__(self, *, limit: float = 1.0) -> None:
        positive(limit=limit)
        self.limit = limit

    def gradient(self, compute: Callable[[], Tensor], step: harness.Step) -> Tensor:
        loss = compute()
        clip_grad_norm_(self.model.parameters(), self.limit)
        return loss


class ClipValue(harness.Regulariser):
    """Clipping by value, each component of the gradient to [−limit, limit]: Mikolov 2012.

    Not for keeping the gradient's direction: that is ``clip_norm``.
    """

    def __init__(self, *, limit: float = 0.01) -> None:
        positive(limit=limit)
        self.limit = limit

    def gradient(self, compute: Callable[[], Tensor], step: harness.Step) -> Tensor:
        loss = compute()
        clip_grad_value_(self.model.parameters(), self.limit)
        return loss


class GradientNoise(harness.Regulariser):
    """Gradient noise, g ← g + N(0, eta/(1 + t)^0.55) at step t = 0, 1, …: Neelakantan et al. 2015.

    ``eta``: variance at the first step; theirs, 0.01 to 1, are for other gradients than a mean loss's, whose components
    are about 1e-3. Not for adaptive optimisers with rare features: rows without a gradient of their own then wander.
    """

    def __init__(self, *, eta: float = 1e-6) -> None:
        not_negative(eta=eta)
        self.eta = eta

    def gradient(self, compute: Callable[[], Tensor], step: harness.Step) -> Tensor:
        loss = compute()
        sd = math.sqrt(self.eta / (1 + step.number) ** 0.55)
        with torch.no_grad():
            for each in self.model.parameters():
                if each.grad is not None:
                    each.grad.add_(torch.randn(each.shape, generator=self.generator).to(each), alpha=sd)
        return loss


class SAM(harness.Regulariser):
    """Sharpness-aware minimisation, the gradient at w + rho·g/‖g‖ instead of at w: Foret et al. 2021.

    Every step costs two passes, with the same dropout masks and noise. Not for comparisons by steps alone: for its
    price a plain optimiser takes two.
    """

    def __init__(self, *, rho: float = 0.05) -> None:
        not_negative(rho=rho)
        self.rho = rho

    def gradient(self, compute: Callable[[], Tensor], step: harness.Step) -> Tensor:
        loss = compute()
        gradients = {each: each.grad for each in self.model.parameters() if each.grad is not None}
        scale = self.rho / (get_total_norm(gradients.values()) + 1e-12)
        with restored(gradients):
            with torch.no_grad():
                for each, gradient in gradients.items():
                    each.addcmul_(gradient, scale)
            compute()
        return loss

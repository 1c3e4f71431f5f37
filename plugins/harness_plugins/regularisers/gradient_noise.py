"""Noise on the gradient, less and less of it."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

import harness
from harness_plugins.checks import not_negative
from harness_plugins.regularisers._same_as_none import off_at


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register(
        "gradient_noise",
        GradientNoise,
        space={"eta": harness.log(1e-9, 1e-2)},
        traits=harness.Traits(includes=off_at(eta=0.0)),
    )


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
            for parameter in self.model.parameters():
                if parameter.grad is not None:
                    parameter.grad.add_(torch.randn(parameter.shape, generator=self.generator).to(parameter), alpha=sd)
        return loss

"""Sharpness-aware minimisation."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.utils import get_total_norm

import harness
from harness_plugins.checks import not_negative
from harness_plugins.regularisers._same_as_none import off_at
from harness_plugins.regularisers._temporary_weights import restored


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register(
        "sam",
        SAM,
        space={"rho": harness.log(0.005, 0.5)},
        traits=harness.Traits(includes=off_at(rho=0.0)),
    )


class SAM(harness.Regulariser):
    """Sharpness-aware minimisation, the gradient at w + rho·g/‖g‖ instead of at w: Foret et al. 2021.

    ``rho``: length of the way to there, at least 0. Every step costs two passes, with the same dropout masks and noise.
    Not for comparisons by steps alone: for its price a plain optimiser takes two.
    """

    def __init__(self, *, rho: float = 0.05) -> None:
        not_negative(rho=rho)
        self.rho = rho

    def gradient(self, compute: Callable[[], Tensor], step: harness.Step) -> Tensor:
        loss = compute()
        gradients = {parameter: parameter.grad for parameter in self.model.parameters() if parameter.grad is not None}
        scale = self.rho / (get_total_norm(gradients.values()) + 1e-12)
        with restored(gradients):
            with torch.no_grad():
                for parameter, gradient in gradients.items():
                    parameter.addcmul_(gradient, scale)
            compute()
        return loss

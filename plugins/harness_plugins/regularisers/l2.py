"""L2 in the gradient."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

import harness
from harness_plugins.checks import not_negative
from harness_plugins.regularisers._same_as_none import off_at


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register(
        "l2",
        L2,
        space={"strength": harness.log(NO_L2, 1e-2), "biases": harness.options(False, True)},
        traits=harness.Traits(
            includes=off_at(strength=NO_L2),
            natural_limits={"strength": (NO_L2,)},
            meanings={"strength": "L2 in the gradient"},
        ),
    )


NO_L2 = 1e-8
"""A strength too small to matter for a weight that has a gradient of its own."""


class L2(harness.Regulariser):
    """L2, the gradient of strength/2·‖w‖² added to the loss's, g ← g + strength·w: Krogh & Hertz 1992.

    ``strength`` is at least 0. ``biases``: whether they are pulled as well. Every row of the embedding is. Not for
    adaptive optimisers, which divide it by the root mean square of the gradient: there ``decay`` is what is meant.
    """

    def __init__(self, *, strength: float = 1e-4, biases: bool = False) -> None:
        not_negative(strength=strength)
        self.strength, self.biases = strength, biases

    def gradient(self, compute: Callable[[], Tensor], step: harness.Step) -> Tensor:
        loss = compute()
        with torch.no_grad():
            for parameter in self.model.parameters():
                if parameter.grad is not None and (self.biases or parameter.dim() > 1):
                    parameter.grad.add_(parameter, alpha=self.strength)
        return loss

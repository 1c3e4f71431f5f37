"""L1 as a proximal step."""

from __future__ import annotations

import torch
from torch.nn.functional import softshrink
from torch.optim import Optimizer

import harness
from harness_plugins.checks import not_negative
from harness_plugins.regularisers._lr_of_weights import weights_with_lr
from harness_plugins.regularisers._same_as_none import off_at


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register(
        "l1",
        L1,
        space={"strength": harness.log(NO_L1, 0.1), "biases": harness.options(False, True)},
        traits=harness.Traits(
            includes=off_at(strength=NO_L1),
            natural_limits={"strength": (NO_L1,)},
            meanings={"strength": "what a weight loses a step, over lr"},
        ),
    )


NO_L1 = 1e-6
"""A strength whose thresholds, summed over a training of this model, stay far below every weight."""


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
        for parameter, lr in weights_with_lr(optimiser):
            if self.biases or parameter.dim() > 1:
                parameter.copy_(softshrink(parameter, lr * self.strength))

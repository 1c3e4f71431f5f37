"""Decoupled weight decay."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch.optim import Optimizer

import harness
from harness_plugins.checks import not_negative
from harness_plugins.regularisers._lr_of_weights import weights_with_lr
from harness_plugins.regularisers._same_as_none import off_at


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register(
        "decay",
        Decay,
        space={
            "strength": harness.log(NO_DECAY, 1.0),
            "embedding": harness.options("all", "touched", "none"),
            "biases": harness.options(False, True),
        },
        traits=harness.Traits(
            includes=off_at(strength=NO_DECAY),
            natural_limits={"strength": (NO_DECAY,)},
            meanings={"strength": "share of the weight, times lr"},
        ),
    )


NO_DECAY = 1e-4
"""A strength at which a training of this model loses less than 1% of a weight."""
Rows = Literal["all", "touched", "none"]


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
        for parameter, lr in weights_with_lr(optimiser):
            kept = max(1 - lr * self.strength, 0.0)
            if parameter is self.model.embedding.weight and self.embedding != "all":
                if self.embedding == "touched":
                    rows = torch.unique(step.tokens).long()
                    parameter[rows] *= kept
            elif self.biases or parameter.dim() > 1:
                parameter.mul_(kept)

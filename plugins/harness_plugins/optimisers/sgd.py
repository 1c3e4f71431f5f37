"""Stochastic gradient descent with momentum."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import Optimizer

import harness
from harness_plugins.checks import below_one, not_negative
from harness_plugins.optimisers._hyperparameters import MOMENTUM, NO_DECAY


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    register(
        "sgd",
        sgd,
        space={
            "lr": harness.log(1e-3, 5.0),
            **MOMENTUM,
            "nesterov": harness.options(False, True),
            "weight_decay": harness.log(NO_DECAY, 1e-3),
        },
        traits=harness.Traits(
            natural_limits={"momentum": (0.0,), "weight_decay": (NO_DECAY,)},
            meanings={"lr": "length per unit of gradient", "weight_decay": "L2 in the gradient"},
        ),
    )


def sgd(
    model: nn.Module,
    *,
    lr: float = 0.1,
    momentum: float = 0.9,
    nesterov: bool = False,
    weight_decay: float = 0.0,
) -> Optimizer:
    """Stochastic gradient descent with momentum, v ← momentum·v + g, p ← p − lr·v: Polyak 1964.

    ``nesterov`` steps along g + momentum·v instead (Sutskever et al. 2013); with momentum 0 both are plain
    SGD, and ``nesterov`` changes nothing. Not for parameters whose gradients differ much in size: all share one lr.
    """
    not_negative(lr=lr, weight_decay=weight_decay)
    below_one(momentum=momentum)
    return torch.optim.SGD(
        model.parameters(),
        lr=lr,
        momentum=momentum,
        nesterov=nesterov and momentum > 0,  # torch refuses nesterov without momentum
        weight_decay=weight_decay,
    )

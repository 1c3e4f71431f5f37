"""RMSprop: divided by the root mean square of late, without a correction for bias."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import Optimizer

import harness
from harness_plugins.checks import below_one, not_negative, positive
from harness_plugins.optimisers._hyperparameters import ADAPTIVE, EPS, FLOORS, LR, MOMENTUM, like_sgd


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    register(
        "rmsprop",
        rmsprop,
        space=LR | MOMENTUM | EPS | {"alpha": harness.one_minus_log(0.9, 0.999)},
        traits=harness.Traits(
            includes={"sgd": like_sgd("momentum", nesterov=False)},
            natural_limits=FLOORS | {"momentum": (0.0,), "alpha": (0.0,)},
            meanings=ADAPTIVE,
            coupled_decay="weight_decay",
        ),
    )


def rmsprop(
    model: nn.Module,
    *,
    lr: float = 1e-3,
    alpha: float = 0.99,
    eps: float = 1e-8,
    momentum: float = 0.0,
    weight_decay: float = 0.0,
) -> Optimizer:
    """RMSprop, p ← p − lr·g/(√v + eps) with v ← alpha·v + (1 − alpha)·g²: Tieleman & Hinton 2012.

    ``momentum`` accumulates the steps: b ← momentum·b + g/(√v + eps), p ← p − lr·b.
    v starts at 0 without a correction, so that the first steps are up to 1/√(1 − alpha) times longer.
    Not for an alpha near 1 without a warm-up, for that reason.
    """
    not_negative(lr=lr, weight_decay=weight_decay)
    below_one(alpha=alpha, momentum=momentum)
    positive(eps=eps)
    return torch.optim.RMSprop(
        model.parameters(), lr=lr, alpha=alpha, eps=eps, momentum=momentum, weight_decay=weight_decay
    )

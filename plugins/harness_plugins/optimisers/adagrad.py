"""AdaGrad: divided by the root of the sum of all squared gradients so far."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import Optimizer

import harness
from harness_plugins.checks import not_negative, positive
from harness_plugins.optimisers._hyperparameters import ADAPTIVE, FLOORS


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    register(
        "adagrad",
        adagrad,
        space={"lr": harness.log(1e-3, 0.3), "eps": harness.log(1e-10, 1e-4)},
        traits=harness.Traits(
            natural_limits=FLOORS,
            meanings=ADAPTIVE | {"lr": "length of the first step", "eps": "beside the root of the sum of squares"},
            coupled_decay="weight_decay",
        ),
    )


def adagrad(model: nn.Module, *, lr: float = 0.01, eps: float = 1e-10, weight_decay: float = 0.0) -> Optimizer:
    """AdaGrad, p ← p − lr·g/(√(sum of g² so far) + eps): Duchi et al. 2011.

    The sum only grows, so that the steps only shrink. Not for long runs on changing data.
    """
    not_negative(lr=lr, weight_decay=weight_decay)
    positive(eps=eps)
    return torch.optim.Adagrad(model.parameters(), lr=lr, eps=eps, weight_decay=weight_decay)

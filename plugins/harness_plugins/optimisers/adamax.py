"""Adam with a decaying maximum in the place of the root mean square."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import Optimizer

import harness
from harness_plugins.optimisers._hyperparameters import ADAM_SPACE, check_adam, kin_of_adam, like_sgd


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    register(
        "adamax",
        adamax,
        space=ADAM_SPACE,
        traits=kin_of_adam(
            like_sgd("beta1", nesterov=False),
            lr="longest step",
            eps="beside the largest gradient of late",
        ),
    )


def adamax(
    model: nn.Module,
    *,
    lr: float = 2e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> Optimizer:
    """Adam with the largest gradient of late for √v̂, p ← p − lr·m̂/u, u ← max(beta2·u, |g| + eps): Kingma & Ba 2015.

    ``weight_decay`` is coupled, as in adam.
    Not for gradients with outliers: a single one keeps the steps of its weight short for 1/(1 − beta2) steps.
    """
    check_adam(lr=lr, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay)
    return torch.optim.Adamax(model.parameters(), lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay)

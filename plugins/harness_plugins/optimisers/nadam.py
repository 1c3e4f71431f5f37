"""Adam with Nesterov momentum."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import Optimizer

import harness
from harness_plugins.checks import not_negative
from harness_plugins.optimisers._hyperparameters import ADAM_SPACE, check_adam, kin_of_adam, like_sgd


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    # Its momentum only grows to beta1: at the default momentum_decay it takes 23,958 steps to come within 1%.
    sgd = like_sgd("beta1", nesterov=True, momentum_decay=100.0)
    register("nadam", nadam, space=ADAM_SPACE, traits=kin_of_adam(sgd))


def nadam(
    model: nn.Module,
    *,
    lr: float = 2e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    momentum_decay: float = 4e-3,
    weight_decay: float = 0.0,
) -> Optimizer:
    """Adam with Nesterov momentum, whose β₁ at step t is beta1·(1 − 0.96^(t·momentum_decay)/2): Dozat 2016.

    ``weight_decay`` is coupled, as in adam.
    Not for short runs in which β₁ is to reach beta1: at the default ``momentum_decay`` it comes within 1% of it after
    23,958 steps.
    """
    check_adam(lr=lr, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay)
    not_negative(momentum_decay=momentum_decay)
    return torch.optim.NAdam(
        model.parameters(),
        lr=lr,
        betas=(beta1, beta2),
        eps=eps,
        weight_decay=weight_decay,
        momentum_decay=momentum_decay,
    )

"""Adam with a warm-up that follows from its own second moment."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import Optimizer

import harness
from harness_plugins.optimisers._hyperparameters import ADAM_SPACE, check_adam, kin_of_adam, like_sgd


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    # Its rectification grows to 1 within 1/(1 − beta2) steps several times over: at beta2 0.9 within 50.
    sgd = like_sgd("beta1", nesterov=False, beta2=0.9)
    register("radam", radam, space=ADAM_SPACE, traits=kin_of_adam(sgd))


def radam(
    model: nn.Module,
    *,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> Optimizer:
    """Adam with a warm-up of its own, p ← p − lr·r·m̂/(√v̂ + eps), r from 0 to 1 as v̂ settles: Liu et al. 2020.

    ``beta2`` sets its length, some 2/(1 − beta2) steps. In the first five v̂ rests on too little, and the step is lr·m̂;
    at a beta2 below 2/3 it always is. ``weight_decay`` is coupled, as in adam.
    Not for use with a warm-up of the learning rate: that would be two.
    """
    check_adam(lr=lr, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay)
    return torch.optim.RAdam(model.parameters(), lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay)

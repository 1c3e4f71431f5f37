"""Adam and its kin: a mean of g, divided by the root of a mean of g²."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import Optimizer

from harness_plugins.checks import fraction, not_negative, positive


def adam(
    model: nn.Module,
    *,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> Optimizer:
    """Adam, p ← p − lr·m̂/(√v̂ + eps) with bias-corrected means m̂ of g and v̂ of g²: Kingma & Ba 2015.

    ``weight_decay`` is coupled: added to g, then divided by √v̂ as well, so that it shrinks rarely updated
    weights by about lr a step whatever its size. Not for decaying weights, then: adamw does that.
    """
    _check_adam(lr=lr, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay)
    return torch.optim.Adam(model.parameters(), lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay)


def adamw(
    model: nn.Module,
    *,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.01,
) -> Optimizer:
    """Adam after a decoupled decay of the weights, p ← (1 − lr·weight_decay)·p: Loshchilov & Hutter 2019.

    It decays every parameter, biases and the rows of features that a batch does not contain included.
    Not for comparing decays across learning rates: what a step takes from a weight is lr·weight_decay.
    """
    _check_adam(lr=lr, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay)
    return torch.optim.AdamW(model.parameters(), lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay)


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
    Not for short runs in which β₁ is to reach beta1: at the default ``momentum_decay`` that takes 28,000 steps.
    """
    _check_adam(lr=lr, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay)
    not_negative(momentum_decay=momentum_decay)
    return torch.optim.NAdam(
        model.parameters(),
        lr=lr,
        betas=(beta1, beta2),
        eps=eps,
        weight_decay=weight_decay,
        momentum_decay=momentum_decay,
    )


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
    _check_adam(lr=lr, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay)
    return torch.optim.RAdam(model.parameters(), lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay)


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
    _check_adam(lr=lr, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay)
    return torch.optim.Adamax(model.parameters(), lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay)


def _check_adam(*, lr: float, beta1: float, beta2: float, eps: float, weight_decay: float) -> None:
    not_negative(lr=lr, weight_decay=weight_decay)
    fraction(beta1=beta1, beta2=beta2)
    # A row that never had a gradient would otherwise step by 0/0.
    positive(eps=eps)

"""Rules that divide by a root of squared gradients, and correct no bias."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.optim import Optimizer

from harness_plugins.checks import fraction, not_negative, positive


def adagrad(model: nn.Module, *, lr: float = 0.01, eps: float = 1e-10, weight_decay: float = 0.0) -> Optimizer:
    """AdaGrad, p ← p − lr·g/(√(sum of g² so far) + eps): Duchi et al. 2011.

    The sum only grows, so that the steps only shrink. Not for long runs on changing data.
    """
    not_negative(lr=lr, weight_decay=weight_decay)
    positive(eps=eps)
    return torch.optim.Adagrad(model.parameters(), lr=lr, eps=eps, weight_decay=weight_decay)


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
    fraction(alpha=alpha, momentum=momentum)
    positive(eps=eps)
    return torch.optim.RMSprop(
        model.parameters(), lr=lr, alpha=alpha, eps=eps, momentum=momentum, weight_decay=weight_decay
    )


def adadelta(
    model: nn.Module, *, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0.0
) -> Optimizer:
    """AdaDelta, p ← p − lr·√(d + eps)/√(v + eps)·g with means v of g² and d of that step's square: Zeiler 2012.

    ``rho``: of both means. The first step is √(eps/(1 − rho)) long, 0.003 at the defaults, and later ones grow from it.
    Not for tuning by lr alone: ``eps`` sets the length of a step as much.
    """
    not_negative(lr=lr, weight_decay=weight_decay)
    fraction(rho=rho)
    positive(eps=eps)
    return torch.optim.Adadelta(model.parameters(), lr=lr, rho=rho, eps=eps, weight_decay=weight_decay)


EPS1 = 1e-15
"""Adafactor's floor of √v, and of the mean of v's rows: torch's, 1e-7, is above what an embedding has there."""


def adafactor(
    model: nn.Module,
    *,
    lr: float = 0.01,
    beta2_decay: float = -0.8,
    d: float = 1.0,
    eps2: float = 1e-3,
    weight_decay: float = 0.0,
) -> Optimizer:
    """Adafactor, p ← p − lr·rms(p)·g/√v, v a row times a column where g² is a matrix: Shazeer & Stern 2018.

    v is a mean of g² with β₂ = 1 − t^beta2_decay at step t; −1 weighs all steps alike. Where the root mean square of
    g/√v is above ``d``, at least 1, it is scaled down to that. ``eps2``: what rms(p) counts as at least, so that biases
    leave 0. lr counts as 1/√t where it is above that. ``weight_decay`` is decoupled, as in adamw.
    Not for small models: what it saves is memory, and all features then share the scale of a column.
    """
    not_negative(lr=lr, eps2=eps2, weight_decay=weight_decay)
    if not -1 <= beta2_decay <= 0:
        raise ValueError(f"beta2_decay must lie in [-1, 0], got {beta2_decay!r}")
    if not 1 <= d < math.inf:
        raise ValueError(f"d must be finite and at least 1, got {d!r}")
    return torch.optim.Adafactor(
        model.parameters(), lr=lr, beta2_decay=beta2_decay, d=d, eps=(EPS1, eps2), weight_decay=weight_decay
    )

"""Rules without a scale per weight, and two that look at more than one step's gradient."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.optim import Optimizer

from harness_plugins.checks import fraction, not_negative, positive


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
    fraction(momentum=momentum)
    return torch.optim.SGD(
        model.parameters(),
        lr=lr,
        momentum=momentum,
        nesterov=nesterov and momentum > 0,  # torch refuses nesterov without momentum
        weight_decay=weight_decay,
    )


def rprop(
    model: nn.Module, *, lr: float = 1e-3, eta_plus: float = 1.2, eta_minus: float = 0.5, step_max: float = 50.0
) -> Optimizer:
    """Rprop, p ← p − s·sign(g), s ← s·eta_plus while g keeps its sign, else s·eta_minus: Riedmiller & Braun 1993.

    ``lr``: the first step s of every weight. ``step_max``: the longest; the shortest is 1e-6. After a change of sign a
    weight rests for a step. Not for mini-batches, whose noise changes signs: give it the whole training set at once.
    """
    positive(lr=lr, step_max=step_max, eta_minus=eta_minus)
    fraction(eta_minus=eta_minus)
    if not 1 < eta_plus < math.inf:
        raise ValueError(f"eta_plus must be finite and above 1, got {eta_plus!r}")
    if step_max < SHORTEST:
        raise ValueError(f"step_max must be at least {SHORTEST:g}, got {step_max!r}")
    return torch.optim.Rprop(model.parameters(), lr=lr, etas=(eta_minus, eta_plus), step_sizes=(SHORTEST, step_max))


SHORTEST = 1e-6
"""Rprop's shortest step; below it weights of size 1 hardly move in float32."""


def lbfgs(model: nn.Module, *, lr: float = 1.0, max_iter: int = 4, history_size: int = 10) -> Optimizer:
    """L-BFGS: line searches (strong Wolfe) along −Hg, H from the last steps and their changes of g: Liu & Nocedal 1989.

    ``max_iter``: searches a batch, with 3·max_iter passes at most. ``history_size``: steps that H is made of.
    ``lr``: where a search begins, 1 being the step that H proposes.
    Not for small batches, nor with dropout: H takes what differs between two batches for curvature.
    """
    positive(lr=lr, max_iter=max_iter, history_size=history_size)
    return torch.optim.LBFGS(
        model.parameters(),
        lr=lr,
        max_iter=max_iter,
        max_eval=3 * max_iter,
        history_size=history_size,
        line_search_fn="strong_wolfe",
    )

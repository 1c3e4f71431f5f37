"""Rprop: a step of its own for every weight, from the signs of its gradients alone."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.optim import Optimizer

import harness
from harness_plugins.checks import below_one, positive
from harness_plugins.optimisers._hyperparameters import CONSTANT_LR_ONLY


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    register(
        "rprop",
        rprop,
        space={
            "eta_plus": harness.linear(1.02, 1.5),
            "eta_minus": harness.linear(0.3, 0.95),
            "step_max": harness.log(1e-3, 50.0),
            "lr": harness.log(1e-5, 1e-1),
        },
        traits=harness.Traits(
            natural_limits={"eta_plus": (1.01,), "eta_minus": (0.01, 0.99)},
            meanings={"lr": "length of the first step"},
            only_with=CONSTANT_LR_ONLY,
        ),
    )


SHORTEST = 1e-6
"""Rprop's shortest step: by shorter steps, weights of size 1 hardly move in float32."""


def rprop(
    model: nn.Module, *, lr: float = 1e-3, eta_plus: float = 1.2, eta_minus: float = 0.5, step_max: float = 50.0
) -> Optimizer:
    """Rprop, p ← p − s·sign(g), s ← s·eta_plus while g keeps its sign, else s·eta_minus: Riedmiller & Braun 1993.

    ``lr``: the first step s of every weight. ``step_max``: the longest, and 1e-6 the shortest. ``eta_plus`` is above 1,
    ``eta_minus`` in (0, 1). After a change of sign a weight rests for a step. Not for mini-batches, whose noise changes
    signs: give it the whole training set at once.
    """
    positive(lr=lr, step_max=step_max, eta_minus=eta_minus)
    below_one(eta_minus=eta_minus)
    if not 1 < eta_plus < math.inf:
        raise ValueError(f"eta_plus must be finite and above 1, got {eta_plus!r}")
    if step_max < SHORTEST:
        raise ValueError(f"step_max must be at least {SHORTEST:g}, got {step_max!r}")
    return torch.optim.Rprop(model.parameters(), lr=lr, etas=(eta_minus, eta_plus), step_sizes=(SHORTEST, step_max))

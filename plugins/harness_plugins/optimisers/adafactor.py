"""Adafactor: the second moment of a matrix as a row times a column."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.optim import Optimizer

import harness
from harness_plugins.checks import not_negative
from harness_plugins.optimisers._hyperparameters import DECOUPLED


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    register(
        "adafactor",
        adafactor,
        space={
            "lr": harness.log(1e-3, 0.3),
            "beta2_decay": harness.linear(-1.0, -0.5),
            "d": harness.log(1.0, 4.0),
            "eps2": harness.log(1e-4, 1e-1),
        },
        traits=harness.Traits(
            natural_limits={"beta2_decay": (-1.0, 0.0), "d": (1.0,)},
            meanings={"lr": "length of a step as a share of the weights", "weight_decay": DECOUPLED},
        ),
    )


EPS1 = 1e-15
"""Adafactor's floor of √v and of the mean of v's rows: torch's floor of 1e-7 exceeds the values of an embedding."""


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

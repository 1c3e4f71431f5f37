"""Adam, and the same with decoupled weight decay."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import Optimizer

import harness
from harness_plugins.optimisers._hyperparameters import (
    ADAM_SPACE,
    ADAPTIVE,
    BETA1,
    BETA2,
    BETA_LIMITS,
    DECAY,
    DECOUPLED,
    EPS,
    FLOORS,
    LR,
    NO_EPS,
    check_adam,
    like_sgd,
)


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    register(
        "adam",
        adam,
        space=ADAM_SPACE,
        default=True,
        traits=harness.Traits(
            includes={"sgd": like_sgd("beta1", nesterov=False), "adamw": WITHOUT_DECAY},
            natural_limits=BETA_LIMITS | FLOORS,
            meanings=ADAPTIVE,
            coupled_decay="weight_decay",
        ),
    )
    register(
        "adamw",
        adamw,
        space=LR | DECAY | BETA1 | EPS | BETA2,
        traits=harness.Traits(
            includes={"adam": WITHOUT_DECAY},
            natural_limits=BETA_LIMITS | {"eps": (NO_EPS,), "weight_decay": (1e-3,)},
            meanings=ADAPTIVE | {"weight_decay": DECOUPLED},
        ),
    )


WITHOUT_DECAY = harness.Inclusion(
    same={name: name for name in ("lr", "beta1", "beta2", "eps")},
    reach={"weight_decay": 0.0},
    where={"weight_decay": 0.0},
)
"""How adam and adamw imitate each other: without decay they are the same rule."""


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

    ``eps`` is above 0. ``weight_decay`` is coupled: added to g, then divided by √v̂ as well, so that it shrinks rarely
    updated weights by about lr a step whatever its size. Not for decaying weights, then: adamw does that.
    """
    check_adam(lr=lr, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay)
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
    check_adam(lr=lr, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay)
    return torch.optim.AdamW(model.parameters(), lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay)

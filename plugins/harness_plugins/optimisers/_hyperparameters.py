"""Ranges, limits and traits shared by the optimisers.

The ranges follow the AlgoPerf baselines and the tuning playbook, if these have one.
"""

from __future__ import annotations

import harness
from harness_plugins.checks import below_one, not_negative, positive

LR = {"lr": harness.log(1e-4, 1e-2)}
BETA1 = {"beta1": harness.one_minus_log(0.5, 0.98)}
BETA2 = {"beta2": harness.one_minus_log(0.9, 0.9999)}
EPS = {"eps": harness.log(1e-10, 1e-3)}
MOMENTUM = {"momentum": harness.one_minus_log(0.0, 0.995)}
ADAM_SPACE = LR | BETA1 | EPS | BETA2
DECAY = {"weight_decay": harness.log(5e-3, 1.0)}

NO_EPS = 1e-8
"""An eps below this does not matter beside the root mean square of any weight's gradients."""
NO_DECAY = 1e-8
"""L2 below this changes no weight noticeably in a training of this model."""
BETA_LIMITS = {"beta1": (0.0,), "beta2": (0.0,)}
FLOORS = {"eps": (NO_EPS,), "weight_decay": (NO_DECAY,)}

ADAPTIVE = {"lr": "length of a step", "eps": "beside the root mean square", "weight_decay": "rescaled L2"}
"""Hyperparameter → what it measures in a rule that divides by a root of squared gradients."""
DECOUPLED = "share of the weight, times lr"
"""What a decoupled weight decay, which is not added to the gradient, measures."""
CONSTANT_LR_ONLY = {"lr_schedule": ("constant",)}


def like_sgd(momentum: str, *, nesterov: bool, **reach: float) -> harness.Inclusion:
    """How an adaptive rule imitates SGD: with eps far above √v, and lr larger by as much: Choi et al. 2019.

    Dividing by √v + eps is then dividing by a constant. rmsprop is then exactly SGD; Adam and its kin correct for bias,
    and divide step t by 1 − β₁ᵗ, which is soon 1. adagrad cannot imitate SGD: its √v grows past any eps.
    ``momentum``: the rule's name for momentum. ``reach``: other hyperparameters → the values that they must take.
    """
    return harness.Inclusion(
        free=("lr", "eps"),
        same={momentum: "momentum", "weight_decay": "weight_decay"},
        reach=reach,
        where={"nesterov": nesterov},
    )


def kin_of_adam(sgd: harness.Inclusion, **meanings: str) -> harness.Traits:
    """The traits of a rule with Adam's hyperparameters and coupled decay that can imitate SGD."""
    return harness.Traits(
        includes={"sgd": sgd},
        natural_limits=BETA_LIMITS | FLOORS,
        meanings=ADAPTIVE | meanings,
        coupled_decay="weight_decay",
    )


def check_adam(*, lr: float, beta1: float, beta2: float, eps: float, weight_decay: float) -> None:
    """ValueError for a value that Adam and its kin cannot use."""
    not_negative(lr=lr, weight_decay=weight_decay)
    below_one(beta1=beta1, beta2=beta2)
    # With eps 0, an embedding row that never had a gradient would step by 0/0.
    positive(eps=eps)

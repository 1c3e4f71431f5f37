"""What the optimisers say alike of the hyperparameters that they share.

Where to search them, where such a search rightly ends, what they measure, and how a rule imitates SGD through them. The
ranges follow the AlgoPerf baselines and the tuning playbook where those have one.
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
"""An eps below this is nothing beside the root mean square of a gradient that a weight ever has."""
NO_DECAY = 1e-8
"""L2 below this changes no weight within any training that is run here."""
BETA_LIMITS = {"beta1": (0.0,), "beta2": (0.0,)}
FLOORS = {"eps": (NO_EPS,), "weight_decay": (NO_DECAY,)}

ADAPTIVE = {"lr": "length of a step", "eps": "beside the root mean square", "weight_decay": "rescaled L2"}
"""What hyperparameters measure in a rule that divides by a root of squared gradients."""
DECOUPLED = "share of the weight, times lr"
"""What a weight decay measures that is not added to the gradient."""
CONSTANT_LR_ONLY = {"lr_schedule": ("constant",)}


def like_sgd(momentum: str, *, nesterov: bool, **reach: float) -> harness.Inclusion:
    """How an adaptive rule imitates SGD: with eps far above √v, and lr as much larger: Choi et al. 2019.

    Dividing by √v + eps is then dividing by a constant. rmsprop so is SGD to the letter; Adam and its kin correct for
    bias, and divide step t by 1 − β₁ᵗ, which is soon 1. adagrad is not among them: its √v grows past any eps.
    ``momentum``: the rule's own name for it. ``reach``: other hyperparameters, and the values that they must take.
    """
    return harness.Inclusion(
        free=("lr", "eps"),
        same={momentum: "momentum", "weight_decay": "weight_decay"},
        reach=reach,
        where={"nesterov": nesterov},
    )


def kin_of_adam(sgd: harness.Inclusion, **meanings: str) -> harness.Traits:
    """The traits of a rule with Adam's hyperparameters, whose decay is coupled and which imitates SGD."""
    return harness.Traits(
        includes={"sgd": sgd},
        natural_limits=BETA_LIMITS | FLOORS,
        meanings=ADAPTIVE | meanings,
        coupled_decay="weight_decay",
    )


def check_adam(*, lr: float, beta1: float, beta2: float, eps: float, weight_decay: float) -> None:
    """ValueError where a value is none that Adam and its kin can use."""
    not_negative(lr=lr, weight_decay=weight_decay)
    below_one(beta1=beta1, beta2=beta2)
    # A row that never had a gradient would otherwise step by 0/0.
    positive(eps=eps)

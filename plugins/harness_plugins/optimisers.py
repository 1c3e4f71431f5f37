"""torch.optim's update rules with every hyperparameter that changes the update, each in its usual range.

g: gradient, p: parameter. ``weight_decay`` is L2 added to the gradient everywhere but in adamw.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import Optimizer

import harness
from harness_plugins.checks import fraction, not_negative, positive


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    """Six rules; the ranges follow the AlgoPerf baselines and the tuning playbook where those have one."""
    lr = {"lr": harness.log(1e-4, 1e-2)}
    beta1 = {"beta1": harness.one_minus_log(0.5, 0.98)}
    beta2 = {"beta2": harness.one_minus_log(0.9, 0.9999)}
    eps = {"eps": harness.log(1e-10, 1e-3)}
    momentum = {"momentum": harness.one_minus_log(0.0, 0.995)}
    betas, floor = {"beta1": (0.0,), "beta2": (0.0,)}, {"eps": (NO_EPS,), "weight_decay": (NO_DECAY,)}
    adaptive = {"lr": "length of a step", "eps": "beside the root mean square", "weight_decay": "rescaled L2"}
    register(
        "sgd",
        sgd,
        space={
            "lr": harness.log(1e-3, 5.0),
            **momentum,
            "nesterov": harness.options(False, True),
            "weight_decay": harness.log(NO_DECAY, 1e-3),
        },
        traits=harness.Traits(
            natural_limits={"momentum": (0.0,), "weight_decay": (NO_DECAY,)},
            meanings={"lr": "length per unit of gradient", "weight_decay": "L2 in the gradient"},
        ),
    )
    register(
        "adam",
        adam,
        space=lr | beta1 | eps | beta2,
        default=True,
        traits=harness.Traits(
            includes={"sgd": _like_sgd("beta1", nesterov=False), "adamw": ADAM_WITHOUT_DECAY},
            natural_limits=betas | floor,
            meanings=adaptive,
            coupled_decay="weight_decay",
        ),
    )
    register(
        "adamw",
        adamw,
        space=lr | {"weight_decay": harness.log(5e-3, 1.0)} | beta1 | eps | beta2,
        traits=harness.Traits(
            includes={"adam": ADAM_WITHOUT_DECAY},
            natural_limits=betas | {"eps": (NO_EPS,), "weight_decay": (1e-3,)},
            meanings=adaptive | {"weight_decay": "share of the weight, times lr"},
        ),
    )
    register(
        "nadam",
        nadam,
        space=lr | beta1 | eps | beta2,
        traits=harness.Traits(
            # Its momentum only grows to beta1: at the default momentum_decay it takes 28,000 steps to come within 1%.
            includes={"sgd": _like_sgd("beta1", nesterov=True, momentum_decay=100.0)},
            natural_limits=betas | floor,
            meanings=adaptive,
            coupled_decay="weight_decay",
        ),
    )
    register(
        "adagrad",
        adagrad,
        space={"lr": harness.log(1e-3, 0.3), "eps": harness.log(1e-10, 1e-4)},
        traits=harness.Traits(
            natural_limits=floor,
            meanings=adaptive | {"lr": "length of the first step", "eps": "beside the root of the sum of squares"},
            coupled_decay="weight_decay",
        ),
    )
    register(
        "rmsprop",
        rmsprop,
        space=lr | momentum | eps | {"alpha": harness.one_minus_log(0.9, 0.999)},
        traits=harness.Traits(
            includes={"sgd": _like_sgd("momentum", nesterov=False)},
            natural_limits=floor | {"momentum": (0.0,), "alpha": (0.0,)},
            meanings=adaptive,
            coupled_decay="weight_decay",
        ),
    )


NO_EPS = 1e-8
"""An eps below this is nothing beside the root mean square of a gradient that a weight ever has."""
NO_DECAY = 1e-8
"""L2 below this changes no weight within any training that is run here."""
ADAM_WITHOUT_DECAY = harness.Inclusion(
    same={name: name for name in ("lr", "beta1", "beta2", "eps")},
    reach={"weight_decay": 0.0},
    where={"weight_decay": 0.0},
)
"""Without decay adam and adamw are one rule."""


def _like_sgd(momentum: str, *, nesterov: bool, **reach: float) -> harness.Inclusion:
    """With eps far above √v and lr as much larger, dividing by √v + eps is a constant: Choi et al. 2019.

    rmsprop then is SGD to the letter; adam and nadam correct for bias, and divide step t by 1 − β₁ᵗ, which is soon 1.
    adagrad is not among them: its √v grows past any eps.
    """
    return harness.Inclusion(
        free=("lr", "eps"),
        same={momentum: "momentum", "weight_decay": "weight_decay"},
        reach=reach,
        where={"nesterov": nesterov},
    )


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
    SGD, and ``nesterov`` changes nothing.
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
    weights by about lr a step whatever its size. To decay weights use adamw.
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


def adagrad(model: nn.Module, *, lr: float = 0.01, eps: float = 1e-10, weight_decay: float = 0.0) -> Optimizer:
    """AdaGrad, p ← p − lr·g/(√(sum of g² so far) + eps): Duchi et al. 2011.

    The sum only grows, so that the steps only shrink: not for long runs on changing data.
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
    """
    not_negative(lr=lr, weight_decay=weight_decay)
    fraction(alpha=alpha, momentum=momentum)
    positive(eps=eps)
    return torch.optim.RMSprop(
        model.parameters(), lr=lr, alpha=alpha, eps=eps, momentum=momentum, weight_decay=weight_decay
    )


def _check_adam(*, lr: float, beta1: float, beta2: float, eps: float, weight_decay: float) -> None:
    not_negative(lr=lr, weight_decay=weight_decay)
    fraction(beta1=beta1, beta2=beta2)
    # A row that never had a gradient would otherwise step by 0/0.
    positive(eps=eps)

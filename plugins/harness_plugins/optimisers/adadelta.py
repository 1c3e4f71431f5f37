"""AdaDelta: steps as long as the steps before were, in the units of the weights."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import Optimizer

import harness
from harness_plugins.checks import below_one, not_negative, positive
from harness_plugins.optimisers._hyperparameters import ADAPTIVE, NO_DECAY


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    # With eps far above both means their ratio is 1, and the step is lr·g.
    sgd = harness.Inclusion(free=("eps",), same={"lr": "lr", "weight_decay": "weight_decay"}, where={"momentum": 0.0})
    register(
        "adadelta",
        adadelta,
        space={
            "lr": harness.log(0.1, 10.0),
            "eps": harness.log(1e-10, 1e-3),
            "rho": harness.one_minus_log(0.8, 0.999),
        },
        traits=harness.Traits(
            includes={"sgd": sgd},
            natural_limits={"rho": (0.0,), "weight_decay": (NO_DECAY,)},
            meanings={
                "lr": "factor on the rule's own step",
                "eps": "the first step, squared",
                "weight_decay": ADAPTIVE["weight_decay"],
            },
            coupled_decay="weight_decay",
        ),
    )


def adadelta(
    model: nn.Module, *, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6, weight_decay: float = 0.0
) -> Optimizer:
    """AdaDelta, p ← p − lr·√(d + eps)/√(v + eps)·g with means v of g² and d of that step's square: Zeiler 2012.

    ``rho``: the share of both means that a step keeps. The first step is √(eps/(1 − rho)) long, 0.003 at the defaults,
    and later ones grow from it. Not for tuning by lr alone: ``eps`` sets the length of a step as much.
    """
    not_negative(lr=lr, weight_decay=weight_decay)
    below_one(rho=rho)
    positive(eps=eps)
    return torch.optim.Adadelta(model.parameters(), lr=lr, rho=rho, eps=eps, weight_decay=weight_decay)

"""Schedule-Free AdamW, of the package schedulefree (extra ``optimisers``)."""

from __future__ import annotations

import importlib
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

import harness
from harness_plugins.checks import below_one, not_negative, positive
from harness_plugins.optimisers._hyperparameters import (
    ADAPTIVE,
    BETA1,
    BETA2,
    CONSTANT_LR_ONLY,
    DECAY,
    DECOUPLED,
    NO_EPS,
)


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    register(
        "schedule_free",
        schedule_free,
        # Its lr is one to ten times AdamW's: Defazio et al. 2024.
        space={"lr": harness.log(1e-4, 1e-1), **BETA1, **DECAY, "warmup_steps": harness.integers(0, 200), **BETA2},
        traits=harness.Traits(
            # At beta1 = 0 the package divides by 0.
            natural_limits={"beta1": (0.01,), "beta2": (0.0,), "eps": (NO_EPS,), "weight_decay": (1e-3,)}
            | {"warmup_steps": (0.0,)},
            meanings=ADAPTIVE
            | {"beta1": "share of the average in where gradients are taken", "weight_decay": DECOUPLED},
            only_with=CONSTANT_LR_ONLY,
        ),
    )


def schedule_free(
    model: nn.Module,
    *,
    lr: float = 2.5e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
    warmup_steps: int = 0,
) -> Optimizer:
    """AdamW on z, evaluated at the mean x of all z, gradients at beta1·x + (1 − beta1)·z: Defazio et al. 2024.

    ``beta1`` is in (0, 1). ``warmup_steps``: number of steps in which lr grows to its value. ``weight_decay`` is
    decoupled, as in adamw. Not for use with an lr schedule: the mean stands in for one.
    """
    not_negative(lr=lr, weight_decay=weight_decay, warmup_steps=warmup_steps)
    positive(beta1=beta1, eps=eps)
    below_one(beta1=beta1, beta2=beta2)
    try:
        package = importlib.import_module("schedulefree")
    except ImportError as error:
        raise harness.HarnessError(
            "optimiser 'schedule_free' needs a package more: pip install 'optimiser-harness[optimisers]'"
        ) from error
    optimiser: Optimizer = package.AdamWScheduleFree(
        model.parameters(),
        lr=lr,
        betas=(beta1, beta2),
        eps=eps,
        weight_decay=weight_decay,
        warmup_steps=warmup_steps,
    )
    return _with_gradients_kept(optimiser)


def _with_gradients_kept(optimiser: Optimizer) -> Optimizer:
    """Make the optimiser step on copies of the gradients: the package divides them in place, and others need them."""
    kept: list[tuple[Tensor, Tensor]] = []

    def lend_copies(*_: Any) -> None:
        for group in optimiser.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    kept.append((parameter, parameter.grad))
                    parameter.grad = parameter.grad.clone()

    def put_back(*_: Any) -> None:
        for parameter, gradient in kept:
            parameter.grad = gradient
        kept.clear()

    optimiser.register_step_pre_hook(lend_copies)
    optimiser.register_step_post_hook(put_back)
    return optimiser

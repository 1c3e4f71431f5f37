"""Lion, written out: a pure update, and a thin torch.optim.Optimizer around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

import harness
from harness_plugins.checks import below_one, not_negative
from harness_plugins.optimisers._hyperparameters import BETA1, BETA2, BETA_LIMITS, DECOUPLED


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    register(
        "lion",
        lion,
        space={"lr": harness.log(1e-5, 1e-3), "weight_decay": harness.log(5e-2, 10.0), **BETA1, **BETA2},
        traits=harness.Traits(
            natural_limits=BETA_LIMITS | {"weight_decay": (1e-2,)},
            meanings={"lr": "length of every step", "weight_decay": DECOUPLED},
        ),
    )


def lion(
    model: nn.Module, *, lr: float = 1e-4, beta1: float = 0.9, beta2: float = 0.99, weight_decay: float = 0.1
) -> Optimizer:
    """Lion, p ← p − lr·sign(beta1·m + (1 − beta1)·g), then m ← beta2·m + (1 − beta2)·g: Chen et al. 2023.

    ``weight_decay`` is decoupled, as in adamw. Every weight moves by lr at every step: a good lr is three to ten times
    below Adam's, and a good weight_decay as much above AdamW's.
    Not for rare features: the row of one goes on by lr a step, however small m has become since its last gradient.
    """
    not_negative(lr=lr, weight_decay=weight_decay)
    below_one(beta1=beta1, beta2=beta2)
    return Lion(model.parameters(), lr=lr, betas=(beta1, beta2), weight_decay=weight_decay)


def lion_update(gradient: Tensor, momentum: Tensor, *, beta1: float, beta2: float) -> tuple[Tensor, Tensor]:
    """(direction of the step: −1, 0 or 1 for each weight, new momentum); a pure function."""
    direction = torch.lerp(gradient, momentum, beta1).sign()
    return direction, torch.lerp(gradient, momentum, beta2)


class Lion(Optimizer):
    """Evolved sign momentum: Chen et al. 2023, https://arxiv.org/abs/2302.06675."""

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        *,
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take a step for every parameter that has a gradient."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            lr, (beta1, beta2) = group["lr"], group["betas"]
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                momentum = state.get("momentum", torch.zeros_like(parameter))
                direction, state["momentum"] = lion_update(parameter.grad, momentum, beta1=beta1, beta2=beta2)
                parameter.mul_(1 - lr * group["weight_decay"]).sub_(direction, alpha=lr)
        return loss

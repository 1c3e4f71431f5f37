"""Averaged SGD."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

import harness
from harness_plugins.checks import not_negative
from harness_plugins.optimisers._hyperparameters import NO_DECAY


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    register(
        "asgd",
        asgd,
        space={
            "lr": harness.log(1e-2, 2.0),
            "average_from": harness.integers(1, 1000, log=True),
            "lambd": harness.log(NO_DECAY, 1e-3),
        },
        traits=harness.Traits(
            natural_limits={"average_from": (1.0,), "lambd": (NO_DECAY,)},
            meanings={"lr": "length per unit of gradient"},
        ),
    )


def asgd(
    model: nn.Module, *, lr: float = 0.1, average_from: int = 100, lambd: float = 1e-4, alpha: float = 0.75
) -> Optimizer:
    """SGD of which the mean of the weights since step average_from is evaluated: Polyak & Juditsky 1992.

    p ← (1 − lambd·η)·p − η·g with η = lr/(1 + lambd·lr·t)^alpha after t steps: ``lambd`` is L2, and shortens the steps.
    ``average_from``: the step, counted from 1, with which the mean begins; before it the weights themselves are
    evaluated. ``lambd`` and ``alpha`` are at least 0.
    Not for an lr that falls to nothing: the last weights are then a kind of average already.
    """
    not_negative(lr=lr, lambd=lambd, alpha=alpha)
    if average_from < 1:
        raise ValueError(f"average_from must be at least 1, got {average_from!r}")
    # torch takes t0 + 2 for the first step that counts, 1e6 by default: its average never starts, and nobody uses it.
    return AveragedSGD(model.parameters(), lr=lr, lambd=lambd, alpha=alpha, t0=average_from - 2)


class AveragedSGD(torch.optim.ASGD):
    """torch's ASGD; the parameters hold the average after ``eval()``, and the weights in training after ``train()``."""

    def eval(self) -> None:
        """Swap the average into the parameters, and the weights in training into the state."""
        self._swap(averaged=True)

    def train(self) -> None:
        """Swap the weights in training back into the parameters."""
        self._swap(averaged=False)

    @torch.no_grad()
    def _swap(self, *, averaged: bool) -> None:
        for group in self.param_groups:
            if group.get("averaged", False) != averaged:
                group["averaged"] = averaged
                for parameter in group["params"]:
                    if "ax" in self.state[parameter]:
                        waiting = self.state[parameter]["ax"]
                        shown = parameter.clone()
                        parameter.copy_(waiting)
                        waiting.copy_(shown)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take a step with the groups' present lr; torch would take the lr of the step before."""
        for group in self.param_groups:
            if group.get("averaged", False):
                raise RuntimeError("call train() before step(): the parameters hold the average")
            for parameter in group["params"]:
                if state := self.state.get(parameter):
                    slower = (1 + group["lambd"] * group["lr"] * state["step"].item()) ** group["alpha"]
                    state["eta"].fill_(group["lr"] / slower)
        return super().step(closure)

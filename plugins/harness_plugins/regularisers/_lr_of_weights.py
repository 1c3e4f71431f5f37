"""Weights, each with the learning rate that the optimiser has for it."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn
from torch.optim import Optimizer


def weights_with_lr(optimiser: Optimizer) -> Iterator[tuple[nn.Parameter, float]]:
    """Every parameter with the lr of its group; ValueError where a group has none."""
    for group in optimiser.param_groups:
        if "lr" not in group:
            raise ValueError("needs an optimiser whose parameter groups have an lr, of which it takes a share")
        for parameter in group["params"]:
            yield parameter, float(group["lr"])

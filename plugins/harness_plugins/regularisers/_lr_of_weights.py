"""The learning rate of each weight."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn
from torch.optim import Optimizer


def weights_with_lr(optimiser: Optimizer) -> Iterator[tuple[nn.Parameter, float]]:
    """(parameter, lr of its group) for every parameter; ValueError if a group has no lr."""
    for group in optimiser.param_groups:
        if "lr" not in group:
            raise ValueError("needs an optimiser whose parameter groups have an lr, of which it takes a share")
        for parameter in group["params"]:
            yield parameter, float(group["lr"])

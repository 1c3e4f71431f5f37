"""Weights as an initialiser draws them."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable

import torch
from torch import Tensor


def draw(init: Callable[..., None], shape: tuple[int, int] = (40, 60), seed: int = 0, **values: object) -> Tensor:
    """With what the harness offers, to who asks for it: a hidden layer, and what it receives."""
    weight = torch.full(shape, math.nan)
    inputs = torch.randn(300, shape[1], generator=torch.Generator().manual_seed(9))
    offered = {"layer": "hidden", "inputs": inputs}
    taken = {name: each for name, each in offered.items() if name in inspect.signature(init).parameters}
    init(weight, generator=torch.Generator().manual_seed(seed), **{**taken, **values})
    return weight

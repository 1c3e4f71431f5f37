"""LeCun's rules: the variance that a linear layer keeps in the forward pass."""

from __future__ import annotations

import math

from torch import Generator, Tensor, nn

import harness


@harness.hookimpl
def register_initialisers(register: harness.Register) -> None:
    register("lecun_uniform", lecun_uniform)
    register("lecun_normal", lecun_normal)


def lecun_uniform(weight: Tensor, *, generator: Generator) -> None:
    """U(±√(3/n_in)), variance 1/n_in: LeCun et al. 1998.

    Keeps the forward variance of a linear layer. Not for stacks of ReLU layers: each ReLU halves the second moment.
    """
    limit = math.sqrt(3 / weight.shape[1])
    nn.init.uniform_(weight, -limit, limit, generator=generator)


def lecun_normal(weight: Tensor, *, generator: Generator) -> None:
    """N(0, 1/n_in): LeCun et al. 1998.

    Keeps the forward variance of a linear layer. Not for stacks of ReLU layers: each ReLU halves the second moment.
    """
    nn.init.normal_(weight, std=1 / math.sqrt(weight.shape[1]), generator=generator)

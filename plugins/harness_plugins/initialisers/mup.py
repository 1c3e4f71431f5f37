"""Maximal update parametrisation: the scale of its starting weights."""

from __future__ import annotations

import math

from torch import Generator, Tensor, nn

import harness


@harness.hookimpl
def register_initialisers(register: harness.Register) -> None:
    register("mup", mup)


def mup(weight: Tensor, *, generator: Generator, layer: str) -> None:
    """N(0, 1/n_in) for the hidden layer, as lecun_normal, and N(0, 1/n_in²) for the output layer: Yang et al. 2022.

    Not for carrying a learning rate over to another width by itself: that takes μP's learning rates as well,
    another one for each layer.
    """
    n_in = weight.shape[1]
    nn.init.normal_(weight, std=1 / n_in if layer == "output" else 1 / math.sqrt(n_in), generator=generator)

"""Few connections for each unit."""

from __future__ import annotations

import torch
from torch import Generator, Tensor, nn

import harness
from harness_plugins.checks import positive


@harness.hookimpl
def register_initialisers(register: harness.Register) -> None:
    register(
        "sparse",
        sparse,
        space={"sd": harness.log(1e-2, 10.0), "connections": harness.integers(2, 100, log=True)},
    )


@torch.no_grad()
def sparse(weight: Tensor, *, generator: Generator, sd: float = 1.0, connections: int = 15) -> None:
    """N(0, sd²) for so many random connections of each unit, zero for its others: Martens 2010.

    ``connections``: at most so many inputs a unit; where a layer has fewer, all of them are connected. The
    defaults are those of Sutskever et al. 2013. Not for sparse training: the zeros are only where it starts.
    """
    positive(sd=sd, connections=connections)
    # Not torch.nn.init.sparse_: it draws its pattern from the global stream, and limits a unit's outgoing connections.
    nn.init.normal_(weight, std=sd, generator=generator)
    order = torch.empty_like(weight).uniform_(generator=generator).argsort(dim=1, stable=True)
    weight.scatter_(1, order[:, connections:], 0.0)

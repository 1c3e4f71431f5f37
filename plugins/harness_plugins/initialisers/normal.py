"""A normal distribution of a given standard deviation."""

from __future__ import annotations

from torch import Generator, Tensor, nn

import harness
from harness_plugins.checks import positive


@harness.hookimpl
def register_initialisers(register: harness.Register) -> None:
    register("normal", normal, space={"sd": harness.log(1e-3, 1.0)})


def normal(weight: Tensor, *, generator: Generator, sd: float = 0.01) -> None:
    """N(0, sd²): Krizhevsky et al. 2012 with sd 0.01.

    Not for carrying a value over to another width: the sd knows nothing of the layer's size.
    """
    positive(sd=sd)
    nn.init.normal_(weight, std=sd, generator=generator)

"""A uniform distribution of a given limit."""

from __future__ import annotations

from torch import Generator, Tensor, nn

import harness
from harness_plugins.checks import positive


@harness.hookimpl
def register_initialisers(register: harness.Register) -> None:
    register("uniform", uniform, space={"limit": harness.log(1e-3, 1.0)})


def uniform(weight: Tensor, *, generator: Generator, limit: float = 0.01) -> None:
    """U(±limit), variance limit²/3: Chen & Manning 2014 with limit 0.01.

    Not for carrying a value over to another width: the limit knows nothing of the layer's size.
    """
    positive(limit=limit)
    nn.init.uniform_(weight, -limit, limit, generator=generator)

"""A uniform distribution."""

from __future__ import annotations

from torch import Generator, Tensor, nn

import harness
from harness_plugins.checks import positive


@harness.hookimpl
def register_embeddings(register: harness.Register) -> None:
    register("uniform", uniform, space={"limit": harness.log(1e-3, 2.0)})


def uniform(weight: Tensor, vocabulary: harness.Vocabulary, *, generator: Generator, limit: float = 0.01) -> None:
    """U(±limit): Chen & Manning 2014 with limit 0.01.

    Not for carrying that limit over to another problem: it is the scale of the hidden layer's inputs.
    """
    positive(limit=limit)
    nn.init.uniform_(weight, -limit, limit, generator=generator)

"""The negative control."""

from __future__ import annotations

from torch import Generator, Tensor, nn

import harness


@harness.hookimpl
def register_initialisers(register: harness.Register) -> None:
    register("zeros", zeros)


def zeros(weight: Tensor, *, generator: Generator) -> None:
    """All zeros: the negative control, whose hidden units never become distinct.

    Not for results: with zero biases too, no gradient reaches the hidden layer and only the output bias
    learns.
    """
    nn.init.zeros_(weight)

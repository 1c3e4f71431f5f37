"""Orthogonal matrices."""

from __future__ import annotations

from torch import Generator, Tensor, nn

import harness
from harness_plugins.checks import positive


@harness.hookimpl
def register_initialisers(register: harness.Register) -> None:
    register("orthogonal", orthogonal)


def orthogonal(weight: Tensor, *, generator: Generator, gain: float = 1.0) -> None:
    """Gain times a random (semi-)orthogonal matrix, variance gain²/max(n_in, n_out): Saxe et al. 2014.

    Not for keeping the variance of a layer wider than its input: there only the norm of the whole is kept.
    """
    positive(gain=gain)
    nn.init.orthogonal_(weight, gain=gain, generator=generator)

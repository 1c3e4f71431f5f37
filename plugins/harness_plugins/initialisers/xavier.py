"""Xavier's rules: a variance between what the forward and what the backward pass would keep."""

from __future__ import annotations

from torch import Generator, Tensor, nn

import harness
from harness_plugins.checks import positive


@harness.hookimpl
def register_initialisers(register: harness.Register) -> None:
    register("xavier_uniform", xavier_uniform, default=True)
    register("xavier_normal", xavier_normal)


def xavier_uniform(weight: Tensor, *, generator: Generator, gain: float = 1.0) -> None:
    """U(±gain·√(6/(n_in + n_out))), variance 2·gain²/(n_in + n_out): Glorot & Bengio 2010.

    A compromise between forward and backward pass. Not for keeping the variance of either where n_in and n_out
    differ.
    """
    positive(gain=gain)
    nn.init.xavier_uniform_(weight, gain=gain, generator=generator)


def xavier_normal(weight: Tensor, *, generator: Generator, gain: float = 1.0) -> None:
    """N(0, 2·gain²/(n_in + n_out)): Glorot & Bengio 2010.

    A compromise between forward and backward pass. Not for keeping the variance of either where n_in and n_out
    differ.
    """
    positive(gain=gain)
    nn.init.xavier_normal_(weight, gain=gain, generator=generator)

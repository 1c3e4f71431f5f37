"""What torch does unasked."""

from __future__ import annotations

import math

from torch import Generator, Tensor, nn

import harness


@harness.hookimpl
def register_initialisers(register: harness.Register) -> None:
    register("torch_default", torch_default)


def torch_default(weight: Tensor, *, generator: Generator) -> None:
    """U(±1/√n_in), variance 1/(3·n_in): what torch.nn.Linear does.

    Not for keeping a variance: it has a third of lecun_uniform's, and signals shrink from layer to layer.
    """
    # The call that nn.Linear makes, bit for bit; a = √5 is its way of writing this limit.
    nn.init.kaiming_uniform_(weight, a=math.sqrt(5), generator=generator)

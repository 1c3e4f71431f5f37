"""Layer-sequential unit variance: orthogonal, then scaled to the data."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor, nn

import harness


@harness.hookimpl
def register_initialisers(register: harness.Register) -> None:
    register("lsuv", lsuv)


@torch.no_grad()
def lsuv(weight: Tensor, *, generator: Generator, inputs: Tensor) -> None:
    """Orthogonal, then divided by the standard deviation of the layer's outputs on a batch: Mishkin & Matas 2016.

    ``inputs``: ``(examples, n_in)``; the outputs are taken before the bias, all examples and units together.
    The paper divides until the variance is near 1; a linear layer is homogeneous, so that one exact division is
    enough. ValueError where the inputs are all alike or the outputs do not vary. Not for weights that must not
    depend on the data: one batch decides the scale.
    """
    # Alike inputs would pass below: their outputs vary too, from unit to unit.
    if (inputs == inputs[:1]).all():
        raise ValueError(f"lsuv needs inputs that vary, got a batch of {len(inputs)} that are all alike")
    nn.init.orthogonal_(weight, generator=generator)
    sd = (inputs.double() @ weight.double().T).std(correction=0).item()
    if not 0 < sd < math.inf:
        raise ValueError(f"lsuv needs outputs whose standard deviation is finite and above 0, got {sd!r}")
    weight.div_(sd)

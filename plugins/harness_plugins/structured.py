"""Rules that are more than a variance: a structure, a look at the data, another rule for each layer."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor, nn

from harness_plugins.checks import positive


def orthogonal(weight: Tensor, *, generator: Generator, gain: float = 1.0) -> None:
    """Gain times a random (semi-)orthogonal matrix, variance gain²/max(n_in, n_out): Saxe et al. 2014.

    Not for keeping the variance of a layer wider than its input: there only the norm of the whole is kept.
    """
    positive(gain=gain)
    nn.init.orthogonal_(weight, gain=gain, generator=generator)


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


def mup(weight: Tensor, *, generator: Generator, layer: str) -> None:
    """N(0, 1/n_in) for the hidden layer, as lecun_normal, and N(0, 1/n_in²) for the output layer: Yang et al. 2022.

    Not for carrying a learning rate over to another width by itself: that takes μP's learning rates as well,
    another one for each layer.
    """
    n_in = weight.shape[1]
    nn.init.normal_(weight, std=1 / n_in if layer == "output" else 1 / math.sqrt(n_in), generator=generator)


def zeros(weight: Tensor, *, generator: Generator) -> None:
    """All zeros: the negative control, whose hidden units never become distinct.

    Not for results: with zero biases too, no gradient reaches the hidden layer and only the output bias
    learns.
    """
    nn.init.zeros_(weight)

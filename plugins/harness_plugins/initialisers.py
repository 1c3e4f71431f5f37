"""Starting values of the hidden and output weights, drawn in place; a weight is ``(n_out, n_in)``."""

from __future__ import annotations

import math
from typing import Literal, get_args

from torch import Generator, Tensor, nn

import harness
from harness_plugins.checks import positive

Mode = Literal["fan_in", "fan_out"]


@harness.hookimpl
def register_initialisers(register: harness.Register) -> None:
    """Ten rules; zeros is the negative control.

    Only where the scale is the whole of the rule is it searched unasked: a gain would blur which is which.
    """
    register("xavier_uniform", xavier_uniform, default=True)
    register("xavier_normal", xavier_normal)
    register("kaiming_uniform", kaiming_uniform)
    register("kaiming_normal", kaiming_normal)
    register("lecun_normal", lecun_normal)
    register("orthogonal", orthogonal)
    register("torch_default", torch_default)
    register("uniform", uniform, space={"limit": harness.log(1e-3, 1.0)})
    register("normal", normal, space={"sd": harness.log(1e-3, 1.0)})
    register("zeros", zeros)


def xavier_uniform(weight: Tensor, *, generator: Generator, gain: float = 1.0) -> None:
    """U(±gain·√(6/(n_in + n_out))), variance 2·gain²/(n_in + n_out): Glorot & Bengio 2010.

    A compromise between forward and backward pass: where n_in and n_out differ it keeps the variance of
    neither.
    """
    positive(gain=gain)
    nn.init.xavier_uniform_(weight, gain=gain, generator=generator)


def xavier_normal(weight: Tensor, *, generator: Generator, gain: float = 1.0) -> None:
    """N(0, 2·gain²/(n_in + n_out)): Glorot & Bengio 2010.

    A compromise between forward and backward pass: where n_in and n_out differ it keeps the variance of
    neither.
    """
    positive(gain=gain)
    nn.init.xavier_normal_(weight, gain=gain, generator=generator)


def kaiming_uniform(weight: Tensor, *, generator: Generator, mode: Mode = "fan_in") -> None:
    """U(±√(6/n)), variance 2/n, the gain √2 of a ReLU: He et al. 2015.

    ``mode``: ``fan_in`` (n = n_in, keeps the forward variance) or ``fan_out`` (n = n_out, the backward
    one). Derived for layers followed by a ReLU; the output layer, which is not, starts with larger logits
    than it needs.
    """
    nn.init.kaiming_uniform_(weight, mode=_mode(mode), nonlinearity="relu", generator=generator)


def kaiming_normal(weight: Tensor, *, generator: Generator, mode: Mode = "fan_in") -> None:
    """N(0, 2/n), the gain √2 of a ReLU: He et al. 2015.

    ``mode``: ``fan_in`` (n = n_in, keeps the forward variance) or ``fan_out`` (n = n_out, the backward
    one). Derived for layers followed by a ReLU; the output layer, which is not, starts with larger logits
    than it needs.
    """
    nn.init.kaiming_normal_(weight, mode=_mode(mode), nonlinearity="relu", generator=generator)


def lecun_normal(weight: Tensor, *, generator: Generator) -> None:
    """N(0, 1/n_in): LeCun et al. 1998.

    Keeps the forward variance of a linear layer; each ReLU behind it halves the second moment.
    """
    nn.init.normal_(weight, std=1 / math.sqrt(weight.shape[1]), generator=generator)


def orthogonal(weight: Tensor, *, generator: Generator, gain: float = 1.0) -> None:
    """Gain times a random (semi-)orthogonal matrix, variance gain²/max(n_in, n_out): Saxe et al. 2014."""
    positive(gain=gain)
    nn.init.orthogonal_(weight, gain=gain, generator=generator)


def torch_default(weight: Tensor, *, generator: Generator) -> None:
    """U(±1/√n_in), variance 1/(3·n_in): what torch.nn.Linear does.

    The rule of LeCun et al. 1998 with a third of its variance: signals shrink from layer to layer.
    """
    # The call that nn.Linear makes, bit for bit; a = √5 is its way of writing this limit.
    nn.init.kaiming_uniform_(weight, a=math.sqrt(5), generator=generator)


def uniform(weight: Tensor, *, generator: Generator, limit: float = 0.01) -> None:
    """U(±limit), variance limit²/3: Chen & Manning 2014 with limit 0.01.

    The limit knows nothing of the layer's size: a value found at one width is not for another.
    """
    positive(limit=limit)
    nn.init.uniform_(weight, -limit, limit, generator=generator)


def normal(weight: Tensor, *, generator: Generator, sd: float = 0.01) -> None:
    """N(0, sd²): Krizhevsky et al. 2012 with sd 0.01.

    The sd knows nothing of the layer's size: a value found at one width is not for another.
    """
    positive(sd=sd)
    nn.init.normal_(weight, std=sd, generator=generator)


def zeros(weight: Tensor, *, generator: Generator) -> None:
    """All zeros: the negative control, whose hidden units never become distinct.

    Not for results: with zero biases too, no gradient reaches the hidden layer and only the output bias
    learns.
    """
    nn.init.zeros_(weight)


def _mode(mode: Mode) -> Mode:
    if mode not in get_args(Mode):
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', got {mode!r}")
    return mode

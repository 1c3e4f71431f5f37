"""Starting values of the hidden and output weights, drawn in place; a weight is ``(n_out, n_in)``."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Literal, get_args

from torch import Generator, Tensor, nn

import harness
from harness_plugins.checks import positive
from harness_plugins.structured import lsuv, mup, orthogonal, sparse, zeros

Mode = Literal["fan_in", "fan_out"]
Alone = Literal[
    "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal", "lecun_uniform", "lecun_normal",
    "torch_default", "orthogonal", "truncated_normal", "uniform", "normal", "sparse",
]  # fmt: skip
"""Rules that need neither data nor the other layer, and let units become distinct."""

CLIPPED_SD = math.sqrt(1 - 4 * math.exp(-2) / math.sqrt(2 * math.pi) / math.erf(math.sqrt(2)))
"""Standard deviation of N(0, 1) clipped at ±2, 0.8796…: its variance is 1 − 2·2φ(2)/(2Φ(2) − 1)."""


@harness.hookimpl
def register_initialisers(register: harness.Register) -> None:
    """Sixteen rules; zeros is the negative control.

    Only where the scale is the whole of the rule is it searched unasked: a gain would blur which is which.
    """
    register("xavier_uniform", xavier_uniform, default=True)
    register("xavier_normal", xavier_normal)
    register("kaiming_uniform", kaiming_uniform)
    register("kaiming_normal", kaiming_normal)
    register("lecun_uniform", lecun_uniform)
    register("lecun_normal", lecun_normal)
    register("torch_default", torch_default)
    register("orthogonal", orthogonal)
    register("truncated_normal", truncated_normal, space={"sd": harness.log(1e-3, 1.0)})
    register("uniform", uniform, space={"limit": harness.log(1e-3, 1.0)})
    register("normal", normal, space={"sd": harness.log(1e-3, 1.0)})
    register(
        "sparse",
        sparse,
        space={"sd": harness.log(1e-2, 10.0), "connections": harness.integers(2, 100, log=True)},
    )
    register("lsuv", lsuv)
    register("zero_output", zero_output)
    register("mup", mup)
    register("zeros", zeros)


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


def kaiming_uniform(weight: Tensor, *, generator: Generator, mode: Mode = "fan_in") -> None:
    """U(±√(6/n)), variance 2/n, the gain √2 of a ReLU: He et al. 2015.

    ``mode``: ``fan_in`` (n = n_in, keeps the forward variance) or ``fan_out`` (n = n_out, the backward
    one). Not for layers without a ReLU behind them: the output layer starts with larger logits than it needs.
    """
    nn.init.kaiming_uniform_(weight, mode=_mode(mode), nonlinearity="relu", generator=generator)


def kaiming_normal(weight: Tensor, *, generator: Generator, mode: Mode = "fan_in") -> None:
    """N(0, 2/n), the gain √2 of a ReLU: He et al. 2015.

    ``mode``: ``fan_in`` (n = n_in, keeps the forward variance) or ``fan_out`` (n = n_out, the backward
    one). Not for layers without a ReLU behind them: the output layer starts with larger logits than it needs.
    """
    nn.init.kaiming_normal_(weight, mode=_mode(mode), nonlinearity="relu", generator=generator)


def lecun_uniform(weight: Tensor, *, generator: Generator) -> None:
    """U(±√(3/n_in)), variance 1/n_in: LeCun et al. 1998.

    Keeps the forward variance of a linear layer. Not for stacks of ReLU layers: each ReLU halves the second moment.
    """
    limit = math.sqrt(3 / weight.shape[1])
    nn.init.uniform_(weight, -limit, limit, generator=generator)


def lecun_normal(weight: Tensor, *, generator: Generator) -> None:
    """N(0, 1/n_in): LeCun et al. 1998.

    Keeps the forward variance of a linear layer. Not for stacks of ReLU layers: each ReLU halves the second moment.
    """
    nn.init.normal_(weight, std=1 / math.sqrt(weight.shape[1]), generator=generator)


def torch_default(weight: Tensor, *, generator: Generator) -> None:
    """U(±1/√n_in), variance 1/(3·n_in): what torch.nn.Linear does.

    Not for keeping a variance: it has a third of lecun_uniform's, and signals shrink from layer to layer.
    """
    # The call that nn.Linear makes, bit for bit; a = √5 is its way of writing this limit.
    nn.init.kaiming_uniform_(weight, a=math.sqrt(5), generator=generator)


def uniform(weight: Tensor, *, generator: Generator, limit: float = 0.01) -> None:
    """U(±limit), variance limit²/3: Chen & Manning 2014 with limit 0.01.

    Not for carrying a value over to another width: the limit knows nothing of the layer's size.
    """
    positive(limit=limit)
    nn.init.uniform_(weight, -limit, limit, generator=generator)


def normal(weight: Tensor, *, generator: Generator, sd: float = 0.01) -> None:
    """N(0, sd²): Krizhevsky et al. 2012 with sd 0.01.

    Not for carrying a value over to another width: the sd knows nothing of the layer's size.
    """
    positive(sd=sd)
    nn.init.normal_(weight, std=sd, generator=generator)


def truncated_normal(weight: Tensor, *, generator: Generator, sd: float = 0.01) -> None:
    """N(0, (sd/0.8796…)²) clipped at twice its standard deviation, variance sd²: Johnson, Kotz & Balakrishnan 1994.

    Clipping narrows a normal to 0.8796… of its width, so a wider one is clipped. Not for carrying a value over to
    another width: the sd knows nothing of the layer's size.
    """
    positive(sd=sd)
    whole = sd / CLIPPED_SD
    nn.init.trunc_normal_(weight, std=whole, a=-2 * whole, b=2 * whole, generator=generator)


def zero_output(weight: Tensor, *, generator: Generator, layer: str, hidden: Alone = "xavier_uniform") -> None:
    """Another rule for the hidden layer, zeros for the output layer: Zhang, Dauphin & Ma 2019.

    ``hidden``: the name of a rule that stands alone, taken with its defaults. Every example starts with the same
    loss, log of the number of classes where biases are zero. Not for judging that rule by the first step: only then
    do the output weights move, and let gradient through to the hidden layer.
    """
    if hidden not in _ALONE:
        raise ValueError(f"hidden must be one of {', '.join(_ALONE)}, got {hidden!r}")
    if layer == "output":
        nn.init.zeros_(weight)
    else:
        _ALONE[hidden](weight, generator=generator)


_ALONE: Mapping[str, Callable[..., None]] = {name: globals()[name] for name in get_args(Alone)}


def _mode(mode: Mode) -> Mode:
    if mode not in get_args(Mode):
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', got {mode!r}")
    return mode

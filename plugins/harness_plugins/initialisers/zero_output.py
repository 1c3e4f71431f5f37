"""Zeros for the output layer, any other rule for the hidden one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from torch import Generator, Tensor, nn

import harness
from harness_plugins.initialisers.kaiming import kaiming_normal, kaiming_uniform
from harness_plugins.initialisers.lecun import lecun_normal, lecun_uniform
from harness_plugins.initialisers.normal import normal
from harness_plugins.initialisers.orthogonal import orthogonal
from harness_plugins.initialisers.sparse import sparse
from harness_plugins.initialisers.torch_default import torch_default
from harness_plugins.initialisers.truncated_normal import truncated_normal
from harness_plugins.initialisers.uniform import uniform
from harness_plugins.initialisers.xavier import xavier_normal, xavier_uniform


@harness.hookimpl
def register_initialisers(register: harness.Register) -> None:
    register("zero_output", zero_output)


Alone = Literal[
    "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal", "lecun_uniform", "lecun_normal",
    "torch_default", "orthogonal", "truncated_normal", "uniform", "normal", "sparse",
]  # fmt: skip
"""Rules that need neither data nor the layer's name, and give units different weights."""


def zero_output(weight: Tensor, *, generator: Generator, layer: str, hidden: Alone = "xavier_uniform") -> None:
    """Another rule for the hidden layer, zeros for the output layer: Zhang, Dauphin & Ma 2019.

    ``hidden``: the name of a rule that stands alone, taken with its defaults. Every example starts with the same
    loss, log of the number of classes where biases are zero. Not for judging that rule by the first step: only then
    do the output weights move, and let gradient through to the hidden layer.
    """
    if hidden not in _RULES:
        raise ValueError(f"hidden must be one of {', '.join(_RULES)}, got {hidden!r}")
    if layer == "output":
        nn.init.zeros_(weight)
    else:
        _RULES[hidden](weight, generator=generator)


_RULES: Mapping[Alone, Callable[..., None]] = {
    "xavier_uniform": xavier_uniform,
    "xavier_normal": xavier_normal,
    "kaiming_uniform": kaiming_uniform,
    "kaiming_normal": kaiming_normal,
    "lecun_uniform": lecun_uniform,
    "lecun_normal": lecun_normal,
    "torch_default": torch_default,
    "orthogonal": orthogonal,
    "truncated_normal": truncated_normal,
    "uniform": uniform,
    "normal": normal,
    "sparse": sparse,
}

"""Kaiming He's rules: the variance that a layer with a ReLU behind it keeps."""

from __future__ import annotations

from typing import Literal, get_args

from torch import Generator, Tensor, nn

import harness


@harness.hookimpl
def register_initialisers(register: harness.Register) -> None:
    register("kaiming_uniform", kaiming_uniform)
    register("kaiming_normal", kaiming_normal)


Mode = Literal["fan_in", "fan_out"]


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


def _mode(mode: Mode) -> Mode:
    if mode not in get_args(Mode):
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', got {mode!r}")
    return mode

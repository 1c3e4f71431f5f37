"""Random masks of inverted dropout, and what the regularisers that drop at a rate say alike of it."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

import harness
from harness_plugins.regularisers._off import off_at

RATE = {"rate": harness.linear(0.0, 0.7)}
ALL_RATES = (0.0, 0.95)
"""Where a range of rates rightly ends: nothing is dropped, and hardly anything is left."""


def traits_of_rate(meaning: str) -> harness.Traits:
    """The traits of a regulariser whose one hyperparameter is a rate. ``meaning``: what is dropped."""
    return harness.Traits(includes=off_at(rate=0.0), natural_limits={"rate": ALL_RATES}, meanings={"rate": meaning})


def scaled_mask(shape: tuple[int, ...] | torch.Size, rate: float, generator: Generator, like: Tensor) -> Tensor:
    """A mask of that shape, 0 with probability ``rate``, in [0, 1), else 1/(1 − rate): on average 1.

    It has ``like``'s type and device, and is drawn on the CPU, so that it is the same on every device. What a lower
    rate drops is among what a higher one drops.
    """
    kept = torch.rand(shape, generator=generator) >= rate
    return kept.to(like) / (1 - rate)

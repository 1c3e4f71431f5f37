"""Random masks of inverted dropout; range, limits and traits shared by the regularisers with a drop rate."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

import harness
from harness_plugins.regularisers._same_as_none import off_at

RATE = {"rate": harness.linear(0.0, 0.7)}
ALL_RATES = (0.0, 0.95)
"""Natural limits of a drop rate: nothing is dropped, and hardly anything is left."""


def traits_of_rate(meaning: str) -> harness.Traits:
    """The traits of a regulariser whose only hyperparameter is a drop rate. ``meaning``: what is dropped."""
    return harness.Traits(includes=off_at(rate=0.0), natural_limits={"rate": ALL_RATES}, meanings={"rate": meaning})


def scaled_mask(shape: tuple[int, ...] | torch.Size, rate: float, generator: Generator, like: Tensor) -> Tensor:
    """A mask: 0 with probability ``rate``, in [0, 1), else 1/(1 − rate), so that its mean is 1.

    The mask has ``like``'s type and device; it is drawn on the CPU, so that it is the same on every device. Whatever a
    lower rate drops, a higher rate drops too.
    """
    kept = torch.rand(shape, generator=generator) >= rate
    return kept.to(like) / (1 - rate)

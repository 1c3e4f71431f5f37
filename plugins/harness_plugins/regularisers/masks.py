"""Random masks of inverted dropout."""

from __future__ import annotations

import torch
from torch import Generator, Tensor


def scaled_mask(shape: tuple[int, ...] | torch.Size, rate: float, generator: Generator, like: Tensor) -> Tensor:
    """0 with probability ``rate``, else 1/(1 − rate): on average 1. With ``like``'s type, and on its device.

    It is drawn on the CPU: the same on every device. What a lower rate drops is among what a higher one drops.
    """
    kept = torch.rand(shape, generator=generator) >= rate
    return kept.to(like) / (1 - rate)

"""Dropout of the hidden units: from a drop rate and random bits to a mask.

The learner writes the schedule's rate and the batch's bits into the model's ``NestedDropout`` before each forward pass.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

LEVELS = 1 << 16
"""Number of distinct drop rates: a mask compares 16 random bits with a threshold."""


class NestedDropout(nn.Module):
    """Inverted dropout whose random bits may be set from outside (``bits``), so that several runs can share them.

    A unit is kept if its bits are at or above the threshold: with the same bits, every unit that a lower rate drops is
    dropped by a higher rate too. ``rate`` is rounded to 1/65536, and the scale 1/(1 − rate) uses
    the rounded rate, so that the expectation over masks is exact.
    """

    def __init__(self, rate: float = 0.5) -> None:
        super().__init__()
        self.rate = rate
        self.bits: DropoutBits | None = None

    @property
    def rate(self) -> float:
        """Probability of zeroing a unit, in [0, 1)."""
        return self._threshold / LEVELS

    @rate.setter
    def rate(self, rate: float) -> None:
        if not 0 <= rate < 1:
            raise ValueError(f"a drop rate is in [0, 1), got {rate!r}")
        self._threshold = min(round(rate * LEVELS), LEVELS - 1)

    def forward(self, hidden: Tensor) -> Tensor:
        """``(batch, hidden)`` → the same shape; the identity in eval mode."""
        if not self.training or self._threshold == 0:
            return hidden
        bits = self.bits or DropoutBits(random_bits(hidden.shape).to(hidden.device))
        return hidden * bits.mask(self._threshold, hidden.dtype)

    def extra_repr(self) -> str:
        """The rate, as torch.nn.Dropout shows its own."""
        return f"rate={self.rate:g}"


class DropoutBits:
    """Random bits for the hidden units of a batch, and their masks: runs with the same rate share a mask.

    ``values``: ``(batch, hidden)`` int16, as ``random_bits`` draws them.
    """

    def __init__(self, values: Tensor) -> None:
        self.values = values
        self._masks: dict[tuple[int, torch.dtype], Tensor] = {}

    def mask(self, threshold: int, dtype: torch.dtype) -> Tensor:
        """``(batch, hidden)`` factors: 0 for a dropped unit, else the scale of inverted dropout.

        A unit is dropped if its bits are among the lowest ``threshold`` of the 65,536 values.
        """
        if (threshold, dtype) not in self._masks:
            kept = self.values.to(dtype, copy=True).ge_(threshold - LEVELS // 2)  # a comparison of int16 is slower
            self._masks[threshold, dtype] = kept.mul_(LEVELS / (LEVELS - threshold))
        return self._masks[threshold, dtype]


def random_bits(shape: tuple[int, ...] | torch.Size, generator: torch.Generator | None = None) -> Tensor:
    """Uniform int16 numbers over the type's whole range; each drawn 64-bit number gives four."""
    count = torch.Size(shape).numel()
    words = torch.empty((count + 3) // 4, dtype=torch.int64).random_(-(2**63), None, generator=generator)
    return words.view(torch.int16)[:count].view(shape)

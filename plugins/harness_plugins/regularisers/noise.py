"""Noise on what flows forward: the looked-up vectors and the hidden units."""

from __future__ import annotations

import math

import torch
from torch import Tensor

import harness
from harness_plugins.checks import fraction
from harness_plugins.regularisers.masks import scaled_mask


class InputDropout(harness.Regulariser):
    """Dropout of the hidden layer's inputs, the values of the looked-up vectors: Hinton et al. 2012.

    Not for large studies where ``row_dropout`` would do: the hidden layer is then computed example by example.
    """

    def __init__(self, *, rate: float = 0.2) -> None:
        fraction(rate=rate)
        self.rate = rate

    def embedded(self, embedded: Tensor) -> Tensor:
        return embedded * scaled_mask(embedded.shape, self.rate, self.generator, embedded)


class FeatureDropout(harness.Regulariser):
    """Dropout of whole features: all of a position's vector in an example, or none of it: Iyyer et al. 2015.

    Not for large studies where ``word_dropout`` would do: the hidden layer is then computed example by example.
    """

    def __init__(self, *, rate: float = 0.1) -> None:
        fraction(rate=rate)
        self.rate = rate

    def embedded(self, embedded: Tensor) -> Tensor:
        return embedded * scaled_mask((*embedded.shape[:2], 1), self.rate, self.generator, embedded)


class GaussianDropout(harness.Regulariser):
    """Gaussian dropout, hidden units times N(1, rate/(1 − rate)), dropout's mean and variance: Srivastava et al. 2014.

    It comes beside the dropout that a study has anyway. Not for comparing the two without setting that one to 0.
    """

    def __init__(self, *, rate: float = 0.3) -> None:
        fraction(rate=rate)
        self.sd = math.sqrt(rate / (1 - rate))

    def hidden(self, hidden: Tensor) -> Tensor:
        noise = torch.randn(hidden.shape, generator=self.generator).to(hidden)
        return hidden * (1 + self.sd * noise)

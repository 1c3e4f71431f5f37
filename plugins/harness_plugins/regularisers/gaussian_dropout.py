"""Noise in the place of dropout."""

from __future__ import annotations

import math

import torch
from torch import Tensor

import harness
from harness_plugins.checks import below_one
from harness_plugins.regularisers._masks import RATE, traits_of_rate


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register(
        "gaussian_dropout", GaussianDropout, space=RATE, traits=traits_of_rate("of the dropout with the same variance")
    )


class GaussianDropout(harness.Regulariser):
    """Gaussian dropout, hidden units times N(1, rate/(1 − rate)), dropout's mean and variance: Srivastava et al. 2014.

    ``rate``: in [0, 1). It comes beside the dropout that a study has anyway. Not for comparing the two without setting
    that one to 0.
    """

    def __init__(self, *, rate: float = 0.3) -> None:
        below_one(rate=rate)
        self.sd = math.sqrt(rate / (1 - rate))

    def hidden(self, hidden: Tensor) -> Tensor:
        noise = torch.randn(hidden.shape, generator=self.generator).to(hidden)
        return hidden * (1 + self.sd * noise)

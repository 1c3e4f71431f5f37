"""Dropout of weights."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

import harness
from harness_plugins.checks import below_one
from harness_plugins.regularisers._masks import RATE, scaled_mask, traits_of_rate
from harness_plugins.regularisers._temporary_weights import masked_pass


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register("dropconnect", DropConnect, space=RATE, traits=traits_of_rate("weights of the hidden layer"))


class DropConnect(harness.Regulariser):
    """DropConnect: hidden weights zeroed with probability rate, the others times 1/(1 − rate): Wan et al. 2013.

    ``rate``: in [0, 1). One mask a pass, for all its examples, as in Merity et al. 2018. Not for measuring it alone
    while the hidden units have dropout of their own.
    """

    def __init__(self, *, rate: float = 0.2) -> None:
        below_one(rate=rate)
        self.rate = rate

    def gradient(self, compute: Callable[[], Tensor], step: harness.Step) -> Tensor:
        weight = self.model.hidden.weight
        return masked_pass(weight, scaled_mask(weight.shape, self.rate, self.generator, weight), compute)

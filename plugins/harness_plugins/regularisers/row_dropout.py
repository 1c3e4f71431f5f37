"""Dropout of rows of the embedding."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

import harness
from harness_plugins.checks import below_one
from harness_plugins.regularisers._masks import RATE, scaled_mask, traits_of_rate
from harness_plugins.regularisers._temporary_weights import masked_pass


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register("row_dropout", RowDropout, space=RATE, traits=traits_of_rate("rows of the embedding"))


class RowDropout(harness.Regulariser):
    """Embedding dropout: whole rows zeroed, the others times 1/(1 − rate): Gal & Ghahramani 2016.

    ``rate``: in [0, 1). One mask a pass: a feature is dropped wherever the batch has it. Not for few features that
    every example has: at times all of the batch would miss them.
    """

    def __init__(self, *, rate: float = 0.1) -> None:
        below_one(rate=rate)
        self.rate = rate

    def gradient(self, compute: Callable[[], Tensor], step: harness.Step) -> Tensor:
        weight = self.model.embedding.weight
        return masked_pass(weight, scaled_mask((len(weight), 1), self.rate, self.generator, weight), compute)

"""Dropout of the values that are looked up."""

from __future__ import annotations

from torch import Tensor

import harness
from harness_plugins.checks import below_one
from harness_plugins.regularisers._masks import RATE, scaled_mask, traits_of_rate


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register("input_dropout", InputDropout, space=RATE, traits=traits_of_rate("values of the looked-up vectors"))


class InputDropout(harness.Regulariser):
    """Dropout of the hidden layer's inputs, the values of the looked-up vectors: Hinton et al. 2012.

    ``rate``: in [0, 1). Not for large studies where ``row_dropout`` would do: the hidden layer is then computed example
    by example.
    """

    def __init__(self, *, rate: float = 0.2) -> None:
        below_one(rate=rate)
        self.rate = rate

    def embedded(self, embedded: Tensor) -> Tensor:
        return embedded * scaled_mask(embedded.shape, self.rate, self.generator, embedded)

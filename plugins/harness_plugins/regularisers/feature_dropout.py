"""Dropout of whole features."""

from __future__ import annotations

from torch import Tensor

import harness
from harness_plugins.checks import below_one
from harness_plugins.regularisers._masks import RATE, scaled_mask, traits_of_rate


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register("feature_dropout", FeatureDropout, space=RATE, traits=traits_of_rate("features of an example"))


class FeatureDropout(harness.Regulariser):
    """Dropout of whole features: all of a position's vector in an example, or none of it: Iyyer et al. 2015.

    ``rate``: in [0, 1). Not for large studies where ``word_dropout`` would do: the hidden layer is then computed
    example by example.
    """

    def __init__(self, *, rate: float = 0.1) -> None:
        below_one(rate=rate)
        self.rate = rate

    def embedded(self, embedded: Tensor) -> Tensor:
        return embedded * scaled_mask((*embedded.shape[:2], 1), self.rate, self.generator, embedded)

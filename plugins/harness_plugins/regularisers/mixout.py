"""Dropout of weights that puts them back to where they started."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

import harness
from harness_plugins.checks import below_one
from harness_plugins.regularisers._masks import scaled_mask, traits_of_rate
from harness_plugins.regularisers._temporary_weights import restored, scale_gradient


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register(
        "mixout",
        Mixout,
        space={"rate": harness.linear(0.0, 0.9)},
        traits=traits_of_rate("weights, back to where they started"),
    )


class Mixout(harness.Regulariser):
    """Mixout, u + (w − u)·mask, u being w's start and mask 0 at the rate, else 1/(1 − rate): Lee et al. 2020.

    ``rate``: in [0, 1). The embedding, the hidden and the output weight are mixed so, biases are not; on average the
    result is w. Not for weights that start
    anywhere: it holds them near a start worth keeping, as pretrained vectors are.
    """

    def __init__(self, *, rate: float = 0.5) -> None:
        below_one(rate=rate)
        self.rate = rate

    def start(self, model: harness.EmbeddingClassifier, train: harness.Split, vocabulary: harness.Vocabulary) -> None:
        self._starts = [(weight, weight.detach().clone()) for weight in model.parameters() if weight.dim() > 1]

    def gradient(self, compute: Callable[[], Tensor], step: harness.Step) -> Tensor:
        masks = [scaled_mask(weight.shape, self.rate, self.generator, weight) for weight, _ in self._starts]
        with restored(weight for weight, _ in self._starts):
            with torch.no_grad():
                for (weight, start), mask in zip(self._starts, masks, strict=True):
                    weight.copy_(start.lerp(weight, mask))  # to the bit w where the mask is 1, and u where it is 0
            loss = compute()
        for (weight, _), mask in zip(self._starts, masks, strict=True):
            scale_gradient(weight, mask)
        return loss

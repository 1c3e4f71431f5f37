"""Dropout of weights that puts them back to where they started."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

import harness
from harness_plugins.checks import fraction
from harness_plugins.regularisers._masks import scaled_mask, traits_of_rate
from harness_plugins.regularisers._weights_of_a_pass import restored, scale_gradient


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

    Of the embedding, the hidden and the output weight, not of biases; on average w. Not for weights that start
    anywhere: it holds them near a start worth keeping, as pretrained vectors are.
    """

    def __init__(self, *, rate: float = 0.5) -> None:
        fraction(rate=rate)
        self.rate = rate

    def start(self, model: harness.EmbeddingClassifier, train: harness.Split, vocabulary: harness.Vocabulary) -> None:
        self._starts = [(each, each.detach().clone()) for each in model.parameters() if each.dim() > 1]

    def gradient(self, compute: Callable[[], Tensor], step: harness.Step) -> Tensor:
        masks = [scaled_mask(each.shape, self.rate, self.generator, each) for each, _ in self._starts]
        with restored(each for each, _ in self._starts):
            with torch.no_grad():
                for (each, start), mask in zip(self._starts, masks, strict=True):
                    each.copy_(start.lerp(each, mask))  # to the bit w where the mask is 1, and u where it is 0
            loss = compute()
        for (each, _), mask in zip(self._starts, masks, strict=True):
            scale_gradient(each, mask)
        return loss

"""An average of the weights over the steps, evaluated in the place of the last ones."""

from __future__ import annotations

import torch
from torch import Tensor

import harness


class AverageOfWeights(harness.Regulariser):
    """A running average of every parameter, shown between ``eval`` and ``train``, which gives the trained bits back."""

    def start(self, model: harness.EmbeddingClassifier, train: harness.Split, vocabulary: harness.Vocabulary) -> None:
        self._average: list[Tensor] = []
        self._trained: list[Tensor] = []
        self._count = 0

    @torch.no_grad()
    def _add(self, share: float) -> None:
        """Move the average by that share, in [0, 1], of the way to the weights; the first call copies them."""
        if not self._average:
            self._average = [parameter.detach().clone() for parameter in self.model.parameters()]
        for average, parameter in zip(self._average, self.model.parameters(), strict=True):
            average.lerp_(parameter, share)

    @torch.no_grad()
    def eval(self) -> None:
        if self._average and not self._trained:
            self._trained = [parameter.detach().clone() for parameter in self.model.parameters()]
            for average, parameter in zip(self._average, self.model.parameters(), strict=True):
                parameter.copy_(average)

    @torch.no_grad()
    def train(self) -> None:
        if self._trained:
            for trained, parameter in zip(self._trained, self.model.parameters(), strict=True):
                parameter.copy_(trained)
            self._trained = []

"""An average of the weights over the steps, evaluated in place of the last weights."""

from __future__ import annotations

import torch
from torch import Tensor

import harness


class AverageOfWeights(harness.Regulariser):
    """Keeps an average of every parameter; ``eval`` puts it into the model, ``train`` puts the trained bits back."""

    def start(self, model: harness.EmbeddingClassifier, train: harness.Split, vocabulary: harness.Vocabulary) -> None:
        self._average: list[Tensor] = []
        self._trained: list[Tensor] = []
        self._count = 0

    @torch.no_grad()
    def _add(self, share: float) -> None:
        """Move the average by a share, in [0, 1], of the way to the weights; the first call copies the weights."""
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

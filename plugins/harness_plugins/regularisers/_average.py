"""An average of the weights over the steps, evaluated in the place of the last ones."""

from __future__ import annotations

import torch
from torch import Tensor

import harness


class AverageOfWeights(harness.Regulariser):
    """A running average of every parameter. ``train`` gives the bits back that ``eval`` replaced."""

    def start(self, model: harness.EmbeddingClassifier, train: harness.Split, vocabulary: harness.Vocabulary) -> None:
        self._average: list[Tensor] = []
        self._trained: list[Tensor] = []
        self._count = 0

    @torch.no_grad()
    def _add(self, share: float) -> None:
        """Move the average by that share of the way to the weights."""
        if not self._average:
            self._average = [each.detach().clone() for each in self.model.parameters()]
        for average, each in zip(self._average, self.model.parameters(), strict=True):
            average.lerp_(each, share)

    @torch.no_grad()
    def eval(self) -> None:
        if self._average and not self._trained:
            self._trained = [each.detach().clone() for each in self.model.parameters()]
            for average, each in zip(self._average, self.model.parameters(), strict=True):
                each.copy_(average)

    @torch.no_grad()
    def train(self) -> None:
        if self._trained:
            for trained, each in zip(self._trained, self.model.parameters(), strict=True):
                each.copy_(trained)
            self._trained = []

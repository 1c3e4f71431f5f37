"""Averages of the weights over the steps, evaluated in the place of the last ones."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim import Optimizer

import harness
from harness_plugins.checks import fraction


class _Average(harness.Regulariser):
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


class EMA(_Average):
    """Exponential moving average of the weights, evaluated in their place, with bias correction: Kingma & Ba 2015.

    m ← decay·m + (1 − decay)·w from 0, divided by 1 − decay^t after t steps (their section 7.2): the starting weights
    have no part in it, so that short training can use it. ``decay``: in [0, 1), an average of about the last
    1/(1 − decay) steps. Not for an optimiser that averages by itself, as schedule_free does.
    """

    def __init__(self, *, decay: float = 0.99) -> None:
        fraction(decay=decay)
        self.decay = decay

    def after(self, optimiser: Optimizer, step: harness.Step) -> None:
        self._count += 1
        self._add((1 - self.decay) / (1 - self.decay**self._count))


class SWA(_Average):
    """Stochastic weight averaging, the mean of the weights after each step from start on: Izmailov et al. 2018.

    ``start``: share of the steps, in [0, 1); before it the weights themselves are evaluated. Not for an lr schedule
    that ends near 0, where there is little left to average.
    """

    def __init__(self, *, start: float = 0.75) -> None:
        fraction(start=start)
        self.start_at = start

    def after(self, optimiser: Optimizer, step: harness.Step) -> None:
        if step.progress >= self.start_at:
            self._count += 1
            self._add(1 / self._count)

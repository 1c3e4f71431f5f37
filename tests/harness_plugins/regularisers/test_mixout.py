"""Mixout's start."""

from __future__ import annotations

import torch
from torch import Tensor

from harness import EmbeddingClassifier, Regulariser
from harness_plugins.regularisers.mixout import Mixout

from support.regularising import Training


def named(model: EmbeddingClassifier) -> dict[str, Tensor]:
    return {name: each.detach().clone() for name, each in model.named_parameters()}


class Watched(Training):
    """Keeps the weights that a pass sees."""

    def forward(self, before: int) -> tuple[Tensor, Tensor]:
        self.seen = named(self.model)
        return super().forward(before)


def moved(regulariser: Regulariser) -> Watched:
    """With weights that all differ from their start."""
    training = Watched(regulariser)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for each in training.model.parameters():
            each += 0.1 * torch.randn(each.shape, dtype=torch.float64, generator=generator)
    return training


def test_mixout_shows_the_start_itself_where_it_drops() -> None:
    training, start = moved(Mixout(rate=0.9)), named(Training().model)
    training.gradient()
    share = (training.seen["hidden.weight"] == start["hidden.weight"]).double().mean()
    assert 0.7 < share < 1

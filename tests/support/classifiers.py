"""Untrained classifiers of a few weights, and tokens for them."""

from __future__ import annotations

import torch

from harness.training.model import EmbeddingClassifier


def make(rows: int, positions: int, dtype: torch.dtype = torch.float64) -> EmbeddingClassifier:
    """A classifier of four classes in eval mode, whose hidden biases are not zero."""
    generator = torch.Generator().manual_seed(rows + 100 * positions)
    model = EmbeddingClassifier((rows, 3), num_features=positions, hidden_dim=5, num_classes=4, generator=generator)
    with torch.no_grad():
        model.hidden.bias.uniform_(generator=generator)
    return model.to(dtype).eval()


def draw(examples: int, positions: int, rows: int, seed: int = 0) -> torch.Tensor:
    """``(examples, positions)`` tokens below ``rows``."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(rows, (examples, positions), generator=generator, dtype=torch.int32)

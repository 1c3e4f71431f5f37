"""Problems of any size, whose features repeat as a treebank's do."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from harness.plugin.problem import Problem, Split, Vocabulary

TAGS = 40
EXPONENT = 1.1
"""Of Zipf's law. With it and the defaults below a batch has 5,100 distinct pairs of 36,864, as Turkish has."""


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """A problem, a model and a cohort. ``repeating``: whether features repeat as a treebank's do, or hardly ever."""

    vocabulary: int = 17_000
    batch: int = 1024
    features: int = 36
    hidden: int = 200
    cohort: int = 1
    repeating: bool = True


def synthetic(sizes: Sizes) -> Problem:
    """Four batches of examples with random labels.

    Every other position holds one of 40 tags; the others a word by Zipf's law, or, half of the time, nothing.
    """
    generator = torch.Generator().manual_seed(0)
    draw = _treebank_like if sizes.repeating else _uniform

    def split(count: int) -> Split:
        labels = torch.randint(3, (count,), generator=generator)
        return Split(tokens=draw(sizes, count, generator), labels=labels)

    return Problem(
        name="synthetic", train=split(4 * sizes.batch), dev=split(64), test=split(64), num_classes=3,
        vocabulary=Vocabulary(texts=("",) * sizes.vocabulary, kinds=("word",) * sizes.vocabulary),
    )  # fmt: skip


def _uniform(sizes: Sizes, count: int, generator: torch.Generator) -> Tensor:
    return torch.randint(sizes.vocabulary, (count, sizes.features), generator=generator, dtype=torch.int32)


def _treebank_like(sizes: Sizes, count: int, generator: torch.Generator) -> Tensor:
    words = sizes.vocabulary - TAGS
    shape = count, math.ceil(sizes.features / 2)
    tokens = torch.empty(count, sizes.features, dtype=torch.int32)
    drawn = _zipf(words - 1, shape, generator) + 1
    tokens[:, ::2] = drawn.where(torch.rand(shape, generator=generator) < 0.5, 0)
    tokens[:, 1::2] = _zipf(TAGS, (count, sizes.features // 2), generator) + words
    return tokens


def _zipf(count: int, shape: tuple[int, int], generator: torch.Generator) -> Tensor:
    """Ranks from 0, int32."""
    shares = torch.arange(1, count + 1, dtype=torch.float64).pow(-EXPONENT).cumsum(0)
    draws = torch.rand(shape, generator=generator, dtype=torch.float64) * shares[-1]
    return torch.searchsorted(shares, draws).clamp_(max=count - 1).int()

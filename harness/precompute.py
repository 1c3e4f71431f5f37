"""A model that does not change, applied to many examples: each (position, feature) pair's product once for all of them.

Chen & Manning (2014, section 3.3) precompute the products of frequent pairs for parsing. Here those of the examples
that every evaluation scores are computed together, and any other when it first occurs, so that the same few tens of
thousands serve a split's loss, its accuracy and its trees.
"""

from __future__ import annotations

import mmap
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from harness.lookup import WORTHWHILE, multiply
from harness.model import EmbeddingClassifier

LIMIT = 1 << 27
"""Bytes that the products of a model may take, and the index of the pairs as many again."""


@dataclass(frozen=True, kw_only=True)
class Index:
    """Numbers for the pairs that occur in some examples, whatever the model: increasing with position and feature.

    ``rows``: ``(positions · features,)`` int32, the number of a pair; −1 where it does not occur.
    ``pairs``: ``(numbered,)`` the pair of each number, position · features + feature.
    """

    rows: Tensor
    pairs: Tensor


def index_pairs(tokens: Tensor, features: int) -> Index | None:
    """The pairs of ``(examples, positions)`` tokens below ``features``; None where an index would be too large."""
    if 4 * features * tokens.shape[1] > LIMIT:
        return None
    rows = torch.full((features * tokens.shape[1],), -1, dtype=torch.int32, device=tokens.device)
    for chunk in torch.split(tokens, 4096):
        rows[(chunk + _first(tokens.shape[1], features, tokens.device)).view(-1)] = 0
    pairs = (rows == 0).nonzero().squeeze(1)
    rows[pairs] = torch.arange(len(pairs), dtype=torch.int32, device=rows.device)
    return Index(rows=rows, pairs=pairs)


def _first(positions: int, features: int, device: torch.device) -> Tensor:
    """The pair of each position with feature 0."""
    return torch.arange(positions, dtype=torch.int32, device=device) * features


def _room(capacity: int, weight: Tensor) -> Tensor:
    """``(capacity, hidden)`` of a weight's kind, not filled; memory that is not used is not taken.

    In huge pages where there are some: taking tens of megabytes by small ones costs as much as the products.
    """
    size = capacity * len(weight) * weight.element_size()
    if weight.is_cuda or not size or not hasattr(mmap, "MADV_HUGEPAGE"):
        return weight.new_empty(capacity, len(weight))
    area = mmap.mmap(-1, size)
    area.madvise(mmap.MADV_HUGEPAGE)
    return torch.frombuffer(area, dtype=weight.dtype).view(capacity, len(weight))


class Products:
    """The products P[(i, t)] = W_i E[t] of a model: those of an index, and of the pairs that occur later."""

    def __init__(self, model: EmbeddingClassifier, index: Index) -> None:
        parameters = (model.embedding.weight, model.hidden.weight, model.hidden.bias)
        self.embedding, self.weight, self.bias = (each.detach() for each in parameters)
        self.rows = index.rows.clone()
        self.first = _first(len(self.rows) // len(self.embedding), len(self.embedding), self.weight.device)
        capacity = min(len(self.rows), LIMIT // (len(self.weight) * self.weight.element_size()))
        self.products = _room(capacity, self.weight)
        self.count = 0
        if len(index.pairs) <= capacity:
            self._add(index.pairs)
        else:
            self.rows.fill_(-1)

    def hidden_layer(self, tokens: Tensor) -> Tensor | None:
        """What ``model.hidden`` makes of ``(examples, positions)`` tokens; None where too much of it would be new."""
        pairs = tokens + self.first
        rows = self.rows.index_select(0, pairs.view(-1))
        missing = rows < 0
        if missing.any():
            new = torch.unique(pairs.view(-1)[missing])
            if len(new) > min(WORTHWHILE * len(rows), len(self.products) - self.count):
                return None
            self._add(new)
            rows = self.rows.index_select(0, pairs.view(-1))
        return embedding_bag(rows.view(pairs.shape), self.products, mode="sum").add_(self.bias)

    def _add(self, pairs: Tensor) -> None:
        """``pairs``: in increasing order, and thereby by position."""
        features = len(self.embedding)
        position = pairs // features
        counts = torch.bincount(position, minlength=len(self.first)).tolist()
        embedded = self.embedding.index_select(0, pairs - position * features)
        end = self.count + len(pairs)
        multiply(embedded, self.weight, counts, out=self.products[self.count : end])
        self.rows[pairs.long()] = torch.arange(self.count, end, dtype=torch.int32, device=pairs.device)
        self.count = end

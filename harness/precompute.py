"""A model that does not change, applied to many examples: each (position, feature) pair's product once for all of them.

Chen & Manning (2014, section 3.3) precompute the products of frequent pairs for parsing. Here those of the examples
that every evaluation scores are computed together, and any other when it first occurs, so that the same few tens of
thousands serve a split's loss, its accuracy and its trees.
"""

from __future__ import annotations

import math
import mmap
from contextlib import suppress
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag

from harness.lookup import SHARE
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
    rows = torch.full((features * tokens.shape[1],), -1, dtype=torch.int32)
    for chunk in torch.split(tokens, 4096):
        rows[(chunk + _first(tokens.shape[1], features)).view(-1)] = 0
    pairs = (rows == 0).nonzero().squeeze(1)
    rows[pairs] = torch.arange(len(pairs), dtype=torch.int32)
    return Index(rows=rows, pairs=pairs)


def _first(positions: int, features: int) -> Tensor:
    """The pair of each position with feature 0."""
    return torch.arange(positions, dtype=torch.int32) * features


def _room(shape: tuple[int, ...], like: Tensor) -> Tensor:
    """A tensor of that shape, not filled; memory that is not used is not taken.

    In huge pages where there are some: taking tens of megabytes by small ones costs more time than the products.
    """
    size = math.prod(shape) * like.element_size()
    if not size or not hasattr(mmap, "MADV_HUGEPAGE"):
        return like.new_empty(shape)
    area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with suppress(OSError):  # not every kernel has them
        area.madvise(mmap.MADV_HUGEPAGE)
    return torch.frombuffer(area, dtype=like.dtype).view(shape)


class Products:
    """The products P[(i, t)] = W_i E[t] of a model on the CPU: those of an index, and of the pairs that occur later."""

    def __init__(self, model: EmbeddingClassifier, index: Index) -> None:
        parameters = (model.embedding.weight, model.hidden.weight, model.hidden.bias)
        self.embedding, self.weight, self.bias = (each.detach() for each in parameters)
        self.rows = _room(index.rows.shape, index.rows).copy_(index.rows)
        self.first = _first(len(self.rows) // len(self.embedding), len(self.embedding))
        capacity = min(len(self.rows), LIMIT // (len(self.weight) * self.weight.element_size()))
        self.products = _room((capacity, len(self.weight)), self.weight)
        self.count = 0
        if len(index.pairs) <= capacity:
            self._add(index.pairs)
        else:
            self.rows.fill_(-1)

    def hidden_layer(self, tokens: Tensor) -> Tensor | None:
        """What ``model.hidden`` makes of ``(examples, positions)`` tokens.

        None where too much of it would be new, and where the model itself must say what is wrong with the tokens.
        """
        if not len(tokens) or tokens.shape[1] != len(self.first):
            return None
        low, high = tokens.aminmax()
        if low < 0 or high >= len(self.embedding):
            return None
        pairs = tokens + self.first
        rows = self.rows.index_select(0, pairs.view(-1))
        missing = (rows < 0).nonzero().squeeze(1)
        if len(missing):
            wanted = pairs.view(-1)[missing]
            new = torch.unique(wanted)
            if len(new) > min(SHARE * len(rows), len(self.products) - self.count):
                return None
            self._add(new)
            rows[missing] = self.rows[wanted]
        return embedding_bag(rows.view(pairs.shape), self.products, mode="sum").add_(self.bias)

    def _add(self, pairs: Tensor) -> None:
        """``pairs``: in increasing order, and thereby by position."""
        features = len(self.embedding)
        position = pairs // features
        counts = torch.bincount(position, minlength=len(self.first)).tolist()
        end = self.count + len(pairs)
        multiply(self.embedding, pairs - position * features, self.weight, counts, out=self.products[self.count : end])
        self.rows[pairs.long()] = torch.arange(self.count, end, dtype=torch.int32)
        self.count = end


def multiply(embedding: Tensor, features: Tensor, weight: Tensor, counts: list[int], out: Tensor) -> None:
    """``out``, ``(pairs, hidden)``: the vector of each pair's feature times the weights of its position.

    ``counts``: for each position, how many pairs belong to it. One position after the other, gather included, so that
    what is gathered stays in the processor's cache.
    """
    start, dim = 0, embedding.shape[1]
    for position, count in enumerate(counts):
        if count:
            own, part = slice(start, start + count), weight[:, position * dim : (position + 1) * dim]
            torch.mm(embedding.index_select(0, features[own]), part.t(), out=out[own])
            start += count

"""The hidden layer of a model that no longer changes: each (position, feature) pair's product is computed once.

Chen & Manning (2014, section 3.3) precompute the products of frequent pairs for parsing. Here the pairs of the examples
that every evaluation scores are computed together, and any other pair when it first occurs, so that the same few tens
of thousands of products serve a split's loss, its accuracy and its trees.
"""

from __future__ import annotations

import math
import mmap
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from harness.training._pairs import SHARE
from harness.training.model import EmbeddingClassifier

LIMIT = 1 << 27
"""Bytes that the products of a model may take; the index of its pairs may take as many again."""

ROWS = 4
"""Rows that each matrix product has at least, but those of the index, which are the same in every evaluation. MKL takes
another kernel for fewer, which rounds otherwise: then the bits of an example's hidden layer would depend on the
examples beside it, and on those of earlier calls."""


@dataclass(frozen=True, kw_only=True)
class Index:
    """The pairs that occur in some examples, numbered by position and then by feature; independent of the model.

    ``rows``: ``(positions · features,)`` int32, the number of each pair; −1 for a pair that does not occur.
    ``pairs``: ``(numbered,)``, the pair of each number, as position · features + feature.
    """

    rows: Tensor
    pairs: Tensor


def index_pairs(tokens: Tensor, features: int) -> Index | None:
    """The index of ``(examples, positions)`` tokens below ``features``; None if it would be larger than ``LIMIT``."""
    if 4 * features * tokens.shape[1] > LIMIT:
        return None
    rows = torch.full((features * tokens.shape[1],), -1, dtype=torch.int32)
    for chunk in torch.split(tokens, 4096):
        rows[(chunk + _first(tokens.shape[1], features)).view(-1)] = 0
    pairs = (rows == 0).nonzero().squeeze(1)
    rows[pairs] = torch.arange(len(pairs), dtype=torch.int32)
    return Index(rows=rows, pairs=pairs)


def _first(positions: int, features: int) -> Tensor:
    """``(positions,)``: each position's pair with feature 0, as position · features."""
    return torch.arange(positions, dtype=torch.int32) * features


def _begins(values: np.ndarray) -> np.ndarray:
    """``(values,)`` bool: whether each of the ascending values is larger than the one before; the first one is."""
    begins = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=begins[1:])
    return begins


def _room(shape: tuple[int, ...], like: Tensor) -> Tensor:
    """An unfilled tensor of ``like``'s type; the system takes memory for it only where it is written to.

    The memory lies in huge pages if there are any: small pages cost more time than the products.
    """
    size = math.prod(shape) * like.element_size()
    if not size or not hasattr(mmap, "MADV_HUGEPAGE"):
        return like.new_empty(shape)
    area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with suppress(OSError):  # not every kernel has them
        area.madvise(mmap.MADV_HUGEPAGE)
    return torch.frombuffer(area, dtype=like.dtype).view(shape)


class Products:
    """The products P[(i, t)] = W_i E[t] of a model on the CPU: of an index's pairs, and of pairs that occur later.

    The products of the first position include the bias, since every example has one pair of that position.
    """

    def __init__(self, model: EmbeddingClassifier, index: Index) -> None:
        self.embedding, self.bias = model.embedding.weight.detach(), model.hidden.bias.detach()
        rows, dim = self.embedding.shape
        # Each position's (dim, hidden) slice in one piece of memory; in the weight itself a slice is scattered.
        weight = model.hidden.weight.detach()
        self.weights = weight.view(len(weight), -1, dim).permute(1, 2, 0).contiguous().unbind()
        self.rows = _room(index.rows.shape, index.rows).copy_(index.rows)
        self.first = _first(len(self.weights), rows)
        hidden = len(self.bias)
        capacity = min(len(self.rows), LIMIT // (hidden * self.bias.element_size()))
        # A product of at least ROWS rows may end behind the last pair's.
        self._padded = _room((capacity + ROWS - 1, hidden), self.bias)
        self.products = self._padded[:capacity]
        self.dropout, self.output = model.dropout, model.output
        self.offsets = torch.empty(0, dtype=torch.int32)
        self.count = 0
        if len(index.pairs) <= capacity:
            self._add(index.pairs.numpy(), least=1)
        else:
            self.rows.fill_(-1)

    def logits(self, tokens: Tensor) -> Tensor | None:
        """``(examples, classes)`` of ``(examples, positions)`` tokens; None where ``hidden_layer`` has none.

        Up to the hidden layer's rounding they are the model's in eval mode; its ReLU is made in place.
        """
        z = self.hidden_layer(tokens)
        # Through the modules, which somebody may have hooked.
        return None if z is None else self.output(self.dropout(z.relu_()))

    def hidden_layer(self, tokens: Tensor) -> Tensor | None:
        """``(examples, hidden)``: the output of ``model.hidden`` for ``(examples, positions)`` tokens, up to rounding.

        None if too many pairs would be new, or tokens are invalid: then the model itself must be asked, and complain.
        """
        if not len(tokens) or tokens.shape[1] != len(self.first):
            return None
        values = tokens.numpy()  # NumPy finds extremes in a tenth of torch's time
        # Unsigned, a negative number is larger than any valid one.
        if values.view(f"u{values.itemsize}").max() >= len(self.embedding):
            return None
        pairs = (tokens + self.first).flatten()
        rows = self.rows.index_select(0, pairs)
        if rows.numpy().min() < 0 and not self._complete(rows.numpy(), pairs.numpy()):
            return None
        if len(tokens) > len(self.offsets):
            self.offsets = torch.arange(0, tokens.numel(), tokens.shape[1], dtype=torch.int32)
        # torch.nn.functional's function of this name makes the offsets anew: 24 µs for two examples instead of 14.
        z: Tensor = torch.embedding_bag(self.products, rows, self.offsets[: len(tokens)])[0]
        return z

    def _complete(self, rows: np.ndarray, pairs: np.ndarray) -> bool:
        """Compute the missing products and enter their numbers in ``rows``; False if too many are missing.

        ``rows``: the number of each pair's product; −1 if the product is missing.
        """
        missing = np.flatnonzero(rows < 0)
        wanted = pairs[missing]
        new = np.sort(wanted)
        new = new[_begins(new)]
        if len(new) > min(SHARE * len(rows), len(self.products) - self.count):
            return False
        self._add(new, least=ROWS)
        rows[missing] = self.rows.numpy()[wanted]
        return True

    def _add(self, pairs: np.ndarray, *, least: int) -> None:
        """Compute the products of new pairs, each matrix product of ``least`` rows, at most ``ROWS``, or more.

        ``pairs``: position · features + feature, in ascending order.
        """
        if not len(pairs):
            return
        features, place = len(self.embedding), self.count
        positions = pairs // features
        starts = _begins(positions).nonzero()[0]
        present, bounds = positions[starts].tolist(), [*starts.tolist(), len(pairs)]
        wanted = np.empty(len(pairs) + ROWS - 1, dtype=pairs.dtype)
        np.remainder(pairs, features, out=wanted[: len(pairs)])
        wanted[len(pairs) :] = 0  # any vector will do
        vectors = self.embedding.index_select(0, torch.from_numpy(wanted))
        out = self._padded[place : place + len(wanted)]
        # In ascending order: where a product has more rows than its position has pairs, the next one overwrites them.
        for position, (start, end) in zip(present, pairwise(bounds), strict=True):
            end = max(end, start + least)
            torch.mm(vectors[start:end], self.weights[position], out=out[start:end])
        if present[0] == 0:
            out[: bounds[1]] += self.bias
        self.rows.numpy()[pairs] = np.arange(place, place + len(pairs))
        self.count += len(pairs)

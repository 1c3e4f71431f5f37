"""A result folder keeps to the device that its first runs were computed on."""

from __future__ import annotations

import pytest

from harness.errors import ResultError
from harness.records.folder import ResultFolder


def test_a_folder_keeps_to_one_device(tmp_path):
    folder = ResultFolder(tmp_path)
    folder.add_environment("a", {"device": "cpu"})
    folder.add_environment("b", {"device": "cpu", "torch": "3"})
    with pytest.raises(ResultError, match="its runs were computed on cpu, not cuda:0 Some GPU; go on"):
        folder.add_environment("c", {"device": "cuda:0 Some GPU"})
    assert list(folder.environments()) == ["a", "b"]

"""Orthogonal matrices."""

from __future__ import annotations

import pytest
import torch

from harness_plugins.initialisers.orthogonal import orthogonal

from support.drawing import draw


@pytest.mark.parametrize("shape", [(30, 50), (50, 30)])
def test_orthogonal_s_shorter_side_is_orthonormal_times_gain(shape: tuple[int, int]) -> None:
    weight = draw(orthogonal, shape, gain=2.0)
    gram = weight @ weight.T if shape[0] < shape[1] else weight.T @ weight
    torch.testing.assert_close(gram, 4 * torch.eye(30), atol=1e-5, rtol=0)

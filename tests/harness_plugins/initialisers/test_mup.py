"""Maximal update parametrisation."""

from __future__ import annotations

import math

import pytest
import torch

import harness_plugins.initialisers
from harness_plugins.initialisers.mup import mup

from support.drawing import draw
from support.registered import registered

initialisers = registered(harness_plugins.initialisers)


@pytest.mark.parametrize("shape", [(200, 1800), (3, 200), (64, 64), (300, 20)], ids=str)
def test_mup_s_output_variance_is_one_over_the_squared_width(shape: tuple[int, int]) -> None:
    weight = draw(mup, shape, layer="output").double()
    expected = 1 / shape[1] ** 2
    error = 5 * expected * math.sqrt(2 / weight.numel())
    assert weight.square().mean().item() == pytest.approx(expected, abs=error)
    assert torch.equal(draw(mup, shape), draw(initialisers.lecun_normal, shape))

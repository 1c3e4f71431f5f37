"""Few connections for each unit."""

from __future__ import annotations

import math

import pytest
import torch

from harness_plugins.initialisers.sparse import sparse

from support.drawing import draw


@pytest.mark.parametrize(("connections", "n_in"), [(15, 100), (1, 40), (40, 40), (60, 40)])
def test_every_unit_has_so_many_connections_or_all_that_there_are(connections: int, n_in: int) -> None:
    weight = draw(sparse, (50, n_in), connections=connections)
    assert (weight != 0).sum(dim=1).tolist() == [min(connections, n_in)] * 50


def test_every_input_is_as_likely_to_be_connected_and_units_differ() -> None:
    connected = draw(sparse, (4000, 10), connections=3) != 0
    share = connected.double().mean(dim=0)
    assert (share - 0.3).abs().max().item() < 5 * math.sqrt(0.3 * 0.7 / 4000)
    assert len(connected.unique(dim=0)) == math.comb(10, 3)


def test_a_unit_with_more_connections_keeps_those_of_one_with_fewer() -> None:
    few, many = (draw(sparse, (40, 60), connections=number) for number in (5, 20))
    assert torch.equal(torch.where(few != 0, many, 0), few)


def test_connections_are_normal_and_sd_scales_them() -> None:
    weight = draw(sparse, (400, 60), sd=2.0)
    values = weight[weight != 0].double()
    assert values.std().item() == pytest.approx(2, abs=5 * math.sqrt(2 / len(values)))
    assert values.abs().max().item() > 3 * 2
    assert torch.equal(weight, 2 * draw(sparse, (400, 60)))

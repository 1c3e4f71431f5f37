"""Adafactor's floor."""

from __future__ import annotations

import torch

import harness_plugins.optimisers

from support.optimising import Model
from support.registered import registered

optimisers = registered(harness_plugins.optimisers)


def test_adafactor_scales_the_rows_of_an_embedding_by_what_their_gradients_are_and_not_by_a_floor() -> None:
    # Their mean square is some 1e-9, below torch's floor of 1e-7.
    steps = []
    for size in (1e-6, 1e-2):
        model = Model(torch.ones(6, 4))
        model.weight.grad = size * torch.arange(24.0).reshape(6, 4)
        optimisers.adafactor(model, d=4.0).step()
        steps.append(1 - model.weight.detach())
    torch.testing.assert_close(steps[0], steps[1], rtol=1e-4, atol=1e-9)
    assert steps[0].abs().max() > 0

"""SGD without momentum, and without gradients."""

from __future__ import annotations

import torch

import harness_plugins.optimisers

from support.optimising import Model, path
from support.registered import registered

optimisers = registered(harness_plugins.optimisers)


def test_sgd_without_momentum_is_plain_whatever_nesterov_says() -> None:
    values = {"lr": 0.05, "momentum": 0.0}
    assert torch.equal(path(optimisers.sgd, nesterov=True, **values), path(optimisers.sgd, nesterov=False, **values))


def test_sgd_leaves_weights_without_a_gradient_where_they_are_and_adam_does_not() -> None:
    moved = {}
    for build in (optimisers.sgd, optimisers.adam):
        model = Model()
        optimiser = build(model, **({"momentum": 0.0} if build is optimisers.sgd else {}))
        for touched in (1.0, 0.0):
            before = model.weight.detach().clone()
            model.weight.grad = torch.full_like(model.weight, touched)
            optimiser.step()
        moved[build] = not torch.equal(model.weight, before)
    assert moved == {optimisers.sgd: False, optimisers.adam: True}

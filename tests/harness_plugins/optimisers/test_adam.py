"""Adam and AdamW, where they are one rule and where not."""

from __future__ import annotations

import torch
from torch import Tensor

import harness_plugins.optimisers

from support.optimising import START, STEPS, Model, path
from support.registered import registered

optimisers = registered(harness_plugins.optimisers)


def test_adam_and_adamw_are_one_rule_but_for_what_they_do_to_weights_without_a_gradient() -> None:
    def after(name: str, weight_decay: float) -> Tensor:
        model = Model()
        optimiser = getattr(optimisers, name)(model, lr=0.01, weight_decay=weight_decay)
        for _ in range(STEPS):
            model.weight.grad = torch.zeros_like(model.weight)
            optimiser.step()
        return model.weight.detach()

    assert torch.equal(path(optimisers.adam, weight_decay=0.0), path(optimisers.adamw, weight_decay=0.0))
    # Decoupled: by a share, in proportion to weight_decay. Coupled: by lr a step, at any weight_decay.
    torch.testing.assert_close(after("adamw", 0.5), START * (1 - 0.01 * 0.5) ** STEPS)
    moved = START.abs() > 0.2
    for weight_decay in (1e-3, 1.0):
        torch.testing.assert_close(
            (START - after("adam", weight_decay))[moved],
            START.sign()[moved] * 0.01 * STEPS,
            rtol=0.03,
            atol=0.0,
        )

"""L-BFGS: its passes and its line searches."""

from __future__ import annotations

import torch
from torch import Tensor

import harness_plugins.optimisers
from harness.plugin.together import needs_closure

from support.optimising import Model, classifier, loss_of, train
from support.registered import registered

optimisers = registered(harness_plugins.optimisers)


def test_lbfgs_finds_the_minimum_of_a_quadratic_within_its_budget_of_passes() -> None:
    scales = torch.tensor([1.0, 3.0, 10.0, 30.0, 100.0], dtype=torch.float64)
    target = torch.linspace(-1, 1, 5, dtype=torch.float64)
    model, passes = Model(), 0
    optimiser = optimisers.lbfgs(model, max_iter=4)

    def closure() -> Tensor:
        nonlocal passes
        passes += 1
        optimiser.zero_grad()
        loss = (scales * (model.weight - target) ** 2).sum()
        loss.backward()
        return loss

    for _ in range(8):
        before = passes
        optimiser.step(closure)
        assert 1 <= passes - before <= 3 * 4 + 1
    torch.testing.assert_close(model.weight.detach(), target, rtol=1e-5, atol=1e-5)


def test_lbfgs_needs_a_closure_and_never_ends_a_step_above_where_it_began() -> None:
    model = classifier()
    optimiser = optimisers.lbfgs(model)
    assert needs_closure(optimiser)
    losses = [loss_of(model, 0).item()]
    for _ in range(5):
        train(model, optimiser, range(1))
        losses.append(loss_of(model, 0).item())
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.5 * losses[0]

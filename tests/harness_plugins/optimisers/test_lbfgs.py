"""L-BFGS: its passes and its line searches."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.optim import Optimizer

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


@pytest.mark.parametrize("max_iter", [1, 2, 4])
def test_a_step_takes_three_passes_a_line_search_and_one_more_at_most(max_iter: int) -> None:
    """The most is met where a line search is cut off: on the kinked |w|^½, at some of these starts."""
    most = 0
    for start in (0.1, 3.0, 10.0):
        for lr in (0.03, 0.3, 1.0):
            weight = nn.Parameter(torch.tensor([start, -start / 2]))
            model = nn.Module()
            model.weight = weight
            optimiser, passes = optimisers.lbfgs(model, lr=lr, max_iter=max_iter), []

            def closure(weight: Tensor = weight, passes: list[int] = passes, own: Optimizer = optimiser) -> Tensor:
                passes[-1] += 1
                own.zero_grad()
                loss = weight.abs().sqrt().sum()
                loss.backward()
                return loss

            for _ in range(5):
                passes.append(0)
                optimiser.step(closure)
            most = max(most, *passes)
    assert most == 3 * max_iter + 1


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

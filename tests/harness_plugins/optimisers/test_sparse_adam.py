"""Lazy Adam: which rows move, how, and how far for one lone gradient."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import harness_plugins.optimisers
from harness_plugins.optimisers.sparse_adam import RowAdam

from support.optimising import STEPS, classifier, loss_of, train
from support.registered import registered

optimisers = registered(harness_plugins.optimisers)

VALUES = {"lr": 0.05, "beta1": 0.7, "beta2": 0.95, "eps": 1e-3}
ROWS = 6


def gradient(step: int) -> Tensor:
    """Rows 0 to 3 have one now and then, with a 0 in it; row 4 never has one; row 5 first has one at step 3."""
    found = torch.randn(ROWS, 2, generator=torch.Generator().manual_seed(step), dtype=torch.float64)
    found[[(step + 1) % 4, 4]] = 0.0
    found[step % 3, 0] = 0.0
    if step < 3:
        found[5] = 0.0
    return found


class Matrix(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(ROWS, 2, dtype=torch.float64)
        nn.init.ones_(self.embedding.weight)
        self.other = nn.Parameter(torch.ones(3, dtype=torch.float64))


def test_rows_follow_adam_in_the_steps_that_have_a_gradient_for_them_and_rest_in_the_others() -> None:
    model = Matrix()
    optimiser = optimisers.sparse_adam(model, **VALUES)
    p, m, v = torch.ones(ROWS, 2, dtype=torch.float64), torch.zeros(ROWS, 2), torch.zeros(ROWS, 2)
    m, v = m.double(), v.double()
    lr, beta1, beta2, eps = VALUES.values()
    for t in range(1, STEPS + 1):
        g = gradient(t)
        model.embedding.weight.grad = g.clone()
        optimiser.step()
        for row in range(ROWS):
            if g[row].any():
                m[row] = beta1 * m[row] + (1 - beta1) * g[row]
                v[row] = beta2 * v[row] + (1 - beta2) * g[row] ** 2
                # The correction counts all steps, and torch takes eps to be beside the uncorrected root.
                size = lr * (1 - beta2**t) ** 0.5 / (1 - beta1**t)
                p[row] -= size * m[row] / (v[row].sqrt() + eps)
        torch.testing.assert_close(model.embedding.weight.detach(), p, rtol=1e-12, atol=1e-14)
    assert torch.equal(p[4], torch.ones(2, dtype=torch.float64))


def test_a_gradient_for_every_row_makes_it_adam() -> None:
    moved = []
    for build in (optimisers.sparse_adam, optimisers.adam):
        model = Matrix()
        optimiser = build(model, lr=0.01, eps=1e-15)
        for step in range(4):
            model.embedding.weight.grad = gradient(step) + 10.0
            model.other.grad = torch.ones(3, dtype=torch.float64)
            optimiser.step()
        moved.append(torch.cat([model.embedding.weight.detach().flatten(), model.other.detach()]))
    torch.testing.assert_close(*moved, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("build", "drift"), [(optimisers.sparse_adam, 3.16), (optimisers.adam, 31.8)])
def test_one_lone_gradient_moves_a_row_by_three_lr_and_under_adam_by_thirty(build, drift: float) -> None:
    model = Matrix()
    optimiser = build(model, lr=1e-3)
    for step in range(10_000, 10_400):
        for state in optimiser.state.values():  # as if nine thousand steps had gone before it
            if step == 10_001:
                state["step"] += 10_000
        model.embedding.weight.grad = torch.zeros(ROWS, 2, dtype=torch.float64)
        model.embedding.weight.grad[0] = 1.0 if step == 10_001 else 0.0
        model.embedding.weight.grad[1] = 1.0
        optimiser.step()
    assert (1 - model.embedding.weight[0, 0].item()) / 1e-3 == pytest.approx(drift, rel=0.01)


def test_of_a_classifier_only_the_rows_of_a_batch_move_and_the_rest_is_adam_s() -> None:
    model = classifier()
    before = model.embedding.weight.detach().clone()
    optimiser = train(model, optimisers.sparse_adam(model), range(1))
    lazy, rest = optimiser.parts
    assert type(lazy) is RowAdam
    assert type(rest) is torch.optim.Adam
    assert [id(each) for group in lazy.param_groups for each in group["params"]] == [id(model.embedding.weight)]
    moved = (model.embedding.weight != before).any(1)
    assert torch.equal(moved, model.embedding.weight.grad.any(1))
    assert not moved[11]

    other = classifier()
    train(other, optimisers.adam(other), range(1))
    for name, parameter in other.named_parameters():
        if name != "embedding.weight":
            assert torch.equal(parameter, dict(model.named_parameters())[name])


def test_a_step_without_any_gradient_changes_nothing_and_one_that_fails_leaves_the_gradients() -> None:
    model = classifier()
    optimiser = RowAdam([model.embedding.weight], lr=0.1)
    optimiser.step()
    before = model.embedding.weight.detach().clone()
    model.embedding.weight.grad = torch.zeros_like(before)
    optimiser.step()
    assert torch.equal(model.embedding.weight, before)

    dense = torch.ones_like(before)
    model.embedding.weight.grad = dense
    optimiser.param_groups[0]["betas"] = None
    with pytest.raises(TypeError):
        optimiser.step()
    assert model.embedding.weight.grad is dense


def test_it_takes_a_closure() -> None:
    model = classifier()
    optimiser = RowAdam([model.embedding.weight], lr=0.1)

    def closure() -> Tensor:
        loss = loss_of(model, 0)
        loss.backward()
        return loss

    before = model.embedding.weight.detach().clone()
    assert optimiser.step(closure).item() > 0
    assert not torch.equal(model.embedding.weight, before)

"""Lion, by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

import harness_plugins.optimisers
from harness.plugin.registry import Registry
from harness_plugins.optimisers.lion import Lion, lion_update

from support.optimising import START, STEPS, Model, follow, gradient, path
from support.registered import registered

optimisers = registered(harness_plugins.optimisers)


def plain_lion(p: Tensor, lr: float, beta1: float, beta2: float, weight_decay: float) -> Iterator[None]:
    m = torch.zeros_like(p)
    for step in range(STEPS):
        g = gradient(p, step)
        p *= 1 - lr * weight_decay
        p -= lr * torch.sign(beta1 * m + (1 - beta1) * g)
        m = beta2 * m + (1 - beta2) * g
        yield


@pytest.mark.parametrize(
    "values",
    [
        {"lr": 0.05, "beta1": 0.7, "beta2": 0.95, "weight_decay": 0.3},
        {"lr": 0.05, "beta1": 0.0, "beta2": 0.0, "weight_decay": 0.0},
    ],
)
def test_twelve_steps_are_those_of_the_plain_rule(values: dict[str, float]) -> None:
    torch.testing.assert_close(path(optimisers.lion, **values), follow(plain_lion, **values), rtol=1e-12, atol=1e-14)


def test_defaults_are_those_of_the_plain_rule(registry: Registry) -> None:
    component = registry.component("optimiser", "lion")
    torch.testing.assert_close(path(component.build), follow(plain_lion, **component.defaults), rtol=1e-12, atol=1e-14)


def test_two_steps_by_hand() -> None:
    model = Model(torch.tensor([1.0, 1.0, 1.0]))
    optimiser = optimisers.lion(model, lr=0.1, beta1=0.5, beta2=0.75, weight_decay=1.0)
    model.weight.grad = torch.tensor([4.0, -4.0, 0.0])
    optimiser.step()
    # 0.9 of the weight, less the sign: m = (1, −1, 0).
    torch.testing.assert_close(model.weight.detach(), torch.tensor([0.8, 1.0, 0.9]))
    model.weight.grad = torch.tensor([-0.5, 2.0, 0.0])
    optimiser.step()
    # (m + g)/2 is (0.25, 0.5, 0): the first still goes the way of m, against its gradient.
    torch.testing.assert_close(model.weight.detach(), torch.tensor([0.62, 0.8, 0.81]))
    torch.testing.assert_close(optimiser.state[model.weight]["momentum"], torch.tensor([0.625, -0.25, 0.0]))


def test_the_update_is_pure() -> None:
    g, m = torch.tensor([1.0, -2.0, 0.0]), torch.tensor([0.0, 1.0, 0.0])
    direction, momentum = lion_update(g, m, beta1=0.5, beta2=0.75)
    assert direction.tolist() == [1.0, -1.0, 0.0]
    assert momentum.tolist() == [0.25, 0.25, 0.0]
    assert (g.tolist(), m.tolist()) == ([1.0, -2.0, 0.0], [0.0, 1.0, 0.0])


def test_a_weight_goes_on_at_full_length_after_its_last_gradient_as_the_docstring_warns() -> None:
    model = Model()
    optimiser = optimisers.lion(model, lr=0.1, weight_decay=0.0)
    for step in range(50):
        model.weight.grad = torch.full_like(model.weight, 1e-3 if step == 0 else 0.0)
        optimiser.step()
    torch.testing.assert_close(model.weight.detach(), START - 50 * 0.1)


def test_it_is_an_optimiser_like_torch_s_with_groups_a_closure_and_weights_without_gradients() -> None:
    first, second, third = (torch.nn.Parameter(torch.ones(2)) for _ in range(3))
    optimiser = Lion([{"params": [first, third]}, {"params": [second], "lr": 0.5}], lr=0.1)

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = (first + second).sum()
        loss.backward()
        return loss

    assert optimiser.step(closure).item() == 4.0
    torch.testing.assert_close(torch.stack([first, second, third])[:, 0], torch.tensor([0.9, 0.5, 1.0]))
    assert third not in optimiser.state

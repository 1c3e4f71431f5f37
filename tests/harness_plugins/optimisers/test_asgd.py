"""Averaged SGD: what is trained, what is shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

import harness_plugins.optimisers

from support.optimising import START, STEPS, Model, classifier, follow, gradient, path, train, trained, weights
from support.registered import registered

optimisers = registered(harness_plugins.optimisers)


def plain_asgd(p: Tensor, lr: float, lambd: float, alpha: float) -> Iterator[None]:
    for step in range(STEPS):
        eta = lr / (1 + lambd * lr * step) ** alpha
        p -= eta * (gradient(p, step) + lambd * p)
        yield


ASGD = {"lr": 0.05, "lambd": 0.3, "alpha": 0.9}


def test_asgd_trains_as_its_plain_rule_does() -> None:
    # torch keeps the step's length in float32.
    torch.testing.assert_close(path(optimisers.asgd, **ASGD), follow(plain_asgd, **ASGD), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("average_from", [1, 2, 5, STEPS, STEPS + 1])
def test_asgd_shows_the_mean_of_the_weights_from_its_step_on_and_trains_on_without_it(average_from: int) -> None:
    model = Model()
    optimiser = optimisers.asgd(model, **ASGD, average_from=average_from)
    expected = follow(plain_asgd, **ASGD)
    for step in range(STEPS):
        optimiser.train()
        model.weight.grad = gradient(model.weight.detach(), step)
        optimiser.step()
        torch.testing.assert_close(model.weight.detach(), expected[step], rtol=1e-6, atol=1e-9)
        for _ in range(2):  # what is shown already is shown
            optimiser.eval()
            mean = expected[min(average_from - 1, step) : step + 1].mean(0)
            torch.testing.assert_close(model.weight.detach(), mean, rtol=1e-6, atol=1e-7)


def test_asgd_does_not_step_from_its_average() -> None:
    model = Model()
    optimiser = optimisers.asgd(model)
    model.weight.grad = torch.ones_like(model.weight)
    optimiser.eval()
    with pytest.raises(RuntimeError, match=r"^call train\(\) before step\(\): the parameters hold the average$"):
        optimiser.step()


def test_asgd_follows_an_lr_at_once() -> None:
    model = Model()
    optimiser = optimisers.asgd(model, lr=0.1, lambd=0.0)
    for factor in (1.0, 0.5, 0.0):
        before = model.weight.detach().clone()
        optimiser.param_groups[0]["lr"] = 0.1 * factor
        model.weight.grad = torch.ones_like(model.weight)
        optimiser.step()
        torch.testing.assert_close(
            before - model.weight.detach(), torch.full_like(START, 0.1 * factor), rtol=1e-6, atol=0
        )


def test_averaging_changes_what_is_evaluated_and_not_what_is_trained() -> None:
    early, late = (trained(optimisers.asgd, lr=0.5, average_from=step) for step in (1, 1000))
    assert not torch.equal(early, late)
    models = []
    for average_from in (1, 1000):
        model = classifier()
        optimiser = train(model, optimisers.asgd(model, lr=0.5, average_from=average_from))
        optimiser.train()
        models.append(weights(model))
    assert torch.equal(*models)

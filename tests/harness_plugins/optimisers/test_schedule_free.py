"""Schedule-Free AdamW: three sequences, by hand, and the package that may not be there."""

from __future__ import annotations

import sys

import pytest
import torch
from torch import Tensor

import harness
import harness_plugins.optimisers

from support.optimising import START, STEPS, Model, gradient
from support.registered import registered

optimisers = registered(harness_plugins.optimisers)

VALUES = {"lr": 0.05, "beta1": 0.7, "beta2": 0.95, "eps": 1e-2, "weight_decay": 0.3, "warmup_steps": 5}


def plain(
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, warmup_steps: int
) -> list[tuple[Tensor, Tensor]]:
    """x, which is evaluated, and y, where gradients are taken, after each step."""
    x, z, v, total, found = START.clone(), START.clone(), torch.zeros_like(START), 0.0, []
    for t in range(1, STEPS + 1):
        y = beta1 * x + (1 - beta1) * z
        g = gradient(y, t - 1)
        now = lr * min(1.0, t / max(warmup_steps, 1))
        v = beta2 * v + (1 - beta2) * g**2
        z = z - now * (g / ((v / (1 - beta2**t)).sqrt() + eps) + weight_decay * y)
        total += now**2  # the weight of a step in the mean: the largest lr so far, squared
        x = x + now**2 / total * (z - x)
        found.append((x, beta1 * x + (1 - beta1) * z))
    return found


@pytest.mark.parametrize("values", [VALUES, {**VALUES, "warmup_steps": 0, "weight_decay": 0.0}])
@pytest.mark.parametrize("looks", [False, True], ids=["straight", "evaluated in between"])
def test_it_trains_at_y_and_shows_x(values: dict[str, float], looks: bool) -> None:
    model = Model()
    optimiser = optimisers.schedule_free(model, **values)
    optimiser.train()
    for step, (x, y) in enumerate(plain(**values)):
        model.weight.grad = gradient(model.weight.detach(), step)
        optimiser.step()
        torch.testing.assert_close(model.weight.detach(), y, rtol=1e-10, atol=1e-12)
        if looks or step == STEPS - 1:
            optimiser.eval()
            torch.testing.assert_close(model.weight.detach(), x, rtol=1e-10, atol=1e-12)
            optimiser.train()


def test_defaults_are_those_of_the_package() -> None:
    import schedulefree

    ours = optimisers.schedule_free(Model()).param_groups[0]
    theirs = schedulefree.AdamWScheduleFree(Model().parameters()).param_groups[0]
    assert {**ours, "params": None} == {**theirs, "params": None}


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "schedulefree", None)
    with pytest.raises(
        harness.HarnessError,
        match=r"^optimiser 'schedule_free' needs a package more: pip install 'optimiser-harness\[optimisers\]'$",
    ):
        optimisers.schedule_free(Model())

"""SGD, Rprop and what is no rule per weight: each against its plain formula, and what their kin share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

import harness_plugins.optimisers
from harness.plugin.registry import Registry

from support.optimising import STEPS, follow, gradient, path
from support.registered import registered

optimisers = registered(harness_plugins.optimisers)


def plain_sgd(p: Tensor, lr: float, momentum: float, nesterov: bool, weight_decay: float) -> Iterator[None]:
    v = torch.zeros_like(p)
    for step in range(STEPS):
        g = gradient(p, step) + weight_decay * p
        v = momentum * v + g
        p -= lr * (g + momentum * v if nesterov else v)
        yield


def plain_rprop(p: Tensor, lr: float, eta_plus: float, eta_minus: float, step_max: float) -> Iterator[None]:
    s, before = torch.full_like(p, lr), torch.zeros_like(p)
    for step in range(STEPS):
        g = gradient(p, step)
        s = torch.where(g * before > 0, s * eta_plus, torch.where(g * before < 0, s * eta_minus, s))
        s = s.clamp(1e-6, step_max)
        before = torch.where(g * before < 0, 0.0, g)
        p -= s * before.sign()
        yield


SGD = {"lr": 0.05, "momentum": 0.8, "nesterov": False, "weight_decay": 0.3}


RPROP = {"lr": 0.05, "eta_plus": 1.3, "eta_minus": 0.4, "step_max": 0.12}


RULES = {"sgd": plain_sgd, "rprop": plain_rprop}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("sgd", SGD),
        ("sgd", {**SGD, "nesterov": True}),
        ("sgd", {**SGD, "momentum": 0.0, "weight_decay": 0.0}),
        ("rprop", RPROP),
        ("rprop", {**RPROP, "step_max": 50.0}),
    ],
)
def test_twelve_steps_are_those_of_the_plain_rule(name: str, values: dict[str, object]) -> None:
    torch.testing.assert_close(
        path(getattr(optimisers, name), **values), follow(RULES[name], **values), rtol=1e-12, atol=1e-14
    )


@pytest.mark.parametrize("name", RULES)
def test_defaults_are_those_of_the_plain_rule(registry: Registry, name: str) -> None:
    component = registry.component("optimiser", name)
    torch.testing.assert_close(path(component.build), follow(RULES[name], **component.defaults), rtol=1e-6, atol=1e-12)


def test_rprop_meets_changes_of_sign_and_its_longest_step_in_the_test_above() -> None:
    moves = path(optimisers.rprop, **RPROP).diff(dim=0).abs()
    assert (moves == 0).any()
    assert moves.max() == pytest.approx(0.12)


def test_rules_with_step_lengths_of_their_own_take_no_lr_schedule(registry: Registry) -> None:
    alone = {
        name: registry.component("optimiser", name).traits.only_with
        for name in ("rprop", "lbfgs", "schedule_free", "sgd", "asgd", "adam", "muon")
    }
    constant = {"lr_schedule": ("constant",)}
    assert {name for name, only_with in alone.items() if only_with} == {"rprop", "lbfgs", "schedule_free"}
    assert alone["rprop"] == alone["lbfgs"] == alone["schedule_free"] == constant

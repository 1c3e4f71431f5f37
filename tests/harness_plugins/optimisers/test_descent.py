"""SGD, its average, Rprop and L-BFGS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

import harness_plugins.optimisers
from harness.plugin.registry import Registry
from harness.plugin.together import needs_closure

from support.optimising import START, STEPS, Model, classifier, follow, gradient, loss_of, path, train, trained, weights
from support.registered import registered

optimisers = registered(harness_plugins.optimisers)


def plain_sgd(p: Tensor, lr: float, momentum: float, nesterov: bool, weight_decay: float) -> Iterator[None]:
    v = torch.zeros_like(p)
    for step in range(STEPS):
        g = gradient(p, step) + weight_decay * p
        v = momentum * v + g
        p -= lr * (g + momentum * v if nesterov else v)
        yield


def plain_asgd(p: Tensor, lr: float, lambd: float, alpha: float) -> Iterator[None]:
    for step in range(STEPS):
        eta = lr / (1 + lambd * lr * step) ** alpha
        p -= eta * (gradient(p, step) + lambd * p)
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


def test_rules_with_step_lengths_of_their_own_take_no_lr_schedule(registry: Registry) -> None:
    alone = {
        name: registry.component("optimiser", name).traits.only_with
        for name in ("rprop", "lbfgs", "schedule_free", "sgd", "asgd", "adam", "muon")
    }
    constant = {"lr_schedule": ("constant",)}
    assert {name for name, only_with in alone.items() if only_with} == {"rprop", "lbfgs", "schedule_free"}
    assert alone["rprop"] == alone["lbfgs"] == alone["schedule_free"] == constant


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

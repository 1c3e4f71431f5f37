"""The built-in optimisers against ten-line references."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor, nn

from harness.components import Component
from harness.ranges import Options
from harness.registry import Registry, build_registry
from harness_plugins import optimisers

NAMES = ["adagrad", "adam", "adamw", "nadam", "rmsprop", "sgd"]
START = torch.tensor([0.5, -1.0, 2.0, 0.0, 1e-3], dtype=torch.float64)
STEPS = 12


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(START.clone())


@pytest.fixture(scope="module")
def registry() -> Registry:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_PLUGINS", "")
        return build_registry(["harness_plugins.optimisers"])


def gradient(p: Tensor, step: int) -> Tensor:
    return torch.cos(3 * p) + 0.1 * p * step


def path(build: Callable[..., torch.optim.Optimizer], **values: object) -> Tensor:
    model = Model()
    optimiser = build(model, **values)
    points = []
    for step in range(STEPS):
        model.weight.grad = gradient(model.weight.detach(), step)
        optimiser.step()
        points.append(model.weight.detach().clone())
    return torch.stack(points)


def follow(rule: Callable[..., Iterator[None]], **values: object) -> Tensor:
    p = START.clone()
    return torch.stack([p.clone() for _ in rule(p, **values)])


def plain_sgd(p: Tensor, lr: float, momentum: float, nesterov: bool, weight_decay: float) -> Iterator[None]:
    v = torch.zeros_like(p)
    for step in range(STEPS):
        g = gradient(p, step) + weight_decay * p
        v = momentum * v + g
        p -= lr * (g + momentum * v if nesterov else v)
        yield


def plain_adam(
    p: Tensor, lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool = False
) -> Iterator[None]:
    m, v = torch.zeros_like(p), torch.zeros_like(p)
    for step in range(STEPS):
        g = gradient(p, step) + (0.0 if decoupled else weight_decay) * p
        p *= 1 - lr * weight_decay if decoupled else 1.0
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat, v_hat = m / (1 - beta1 ** (step + 1)), v / (1 - beta2 ** (step + 1))
        p -= lr * m_hat / (v_hat.sqrt() + eps)
        yield


def plain_adamw(p: Tensor, **values: float) -> Iterator[None]:
    return plain_adam(p, **values, decoupled=True)


def plain_nadam(
    p: Tensor, lr: float, beta1: float, beta2: float, eps: float, momentum_decay: float, weight_decay: float
) -> Iterator[None]:
    m, v, product = torch.zeros_like(p), torch.zeros_like(p), 1.0
    for step in range(STEPS):
        g = gradient(p, step) + weight_decay * p
        now, after = (beta1 * (1 - 0.96 ** (t * momentum_decay) / 2) for t in (step + 1, step + 2))
        product *= now
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = after * m / (1 - product * after) + (1 - now) * g / (1 - product)
        p -= lr * m_hat / ((v / (1 - beta2 ** (step + 1))).sqrt() + eps)
        yield


def plain_adagrad(p: Tensor, lr: float, eps: float, weight_decay: float) -> Iterator[None]:
    total = torch.zeros_like(p)
    for step in range(STEPS):
        g = gradient(p, step) + weight_decay * p
        total += g**2
        p -= lr * g / (total.sqrt() + eps)
        yield


def plain_rmsprop(
    p: Tensor, lr: float, alpha: float, eps: float, momentum: float, weight_decay: float
) -> Iterator[None]:
    v, b = torch.zeros_like(p), torch.zeros_like(p)
    for step in range(STEPS):
        g = gradient(p, step) + weight_decay * p
        v = alpha * v + (1 - alpha) * g**2
        b = momentum * b + g / (v.sqrt() + eps)
        p -= lr * b
        yield


RULES = {
    "adagrad": plain_adagrad,
    "adam": plain_adam,
    "adamw": plain_adamw,
    "nadam": plain_nadam,
    "rmsprop": plain_rmsprop,
    "sgd": plain_sgd,
}
ADAM = {"lr": 0.05, "beta1": 0.7, "beta2": 0.95, "eps": 1e-2, "weight_decay": 0.3}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("sgd", {"lr": 0.05, "momentum": 0.8, "nesterov": False, "weight_decay": 0.3}),
        ("sgd", {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.3}),
        ("sgd", {"lr": 0.05, "momentum": 0.0, "nesterov": False, "weight_decay": 0.0}),
        ("adam", ADAM),
        ("adam", {**ADAM, "beta1": 0.0, "beta2": 0.0, "eps": 1e-8}),
        ("adamw", ADAM),
        ("nadam", {**ADAM, "momentum_decay": 0.1}),
        ("adagrad", {"lr": 0.05, "eps": 1e-2, "weight_decay": 0.3}),
        ("rmsprop", {"lr": 0.05, "alpha": 0.8, "eps": 1e-2, "momentum": 0.6, "weight_decay": 0.3}),
    ],
)
def test_twelve_steps_are_those_of_the_plain_rule(name: str, values: dict[str, object]) -> None:
    # torch keeps nadam's product of momenta in float32.
    rtol = 1e-6 if name == "nadam" else 1e-12
    torch.testing.assert_close(
        path(getattr(optimisers, name), **values), follow(RULES[name], **values), rtol=rtol, atol=1e-14
    )


@pytest.mark.parametrize("name", NAMES)
def test_defaults_are_those_of_the_plain_rule(registry: Registry, name: str) -> None:
    component = registry.component("optimiser", name)
    torch.testing.assert_close(path(component.build), follow(RULES[name], **component.defaults), rtol=1e-6, atol=1e-12)


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


def test_every_optimiser_is_tested(registry: Registry) -> None:
    assert registry.names("optimiser") == NAMES


def other_value(component: Component, name: str) -> object:
    domain, default = component.space.get(name), component.defaults[name]
    if isinstance(default, bool):
        return not default
    if domain is None or domain.low == default:
        return default / 2 or 0.1
    return domain.low


@pytest.mark.parametrize("name", NAMES)
def test_every_hyperparameter_changes_the_path(registry: Registry, name: str) -> None:
    component = registry.component("optimiser", name)
    usual = path(component.build, **component.defaults)
    for hyperparameter in component.hyperparameters:
        changed = component.resolve({hyperparameter: other_value(component, hyperparameter)})
        assert not torch.equal(path(component.build, **changed), usual), hyperparameter


@pytest.mark.parametrize("name", NAMES)
def test_both_ends_of_the_space_can_be_built_and_hold_the_defaults(registry: Registry, name: str) -> None:
    component = registry.component("optimiser", name)
    for key, domain in component.space.items():
        ends = domain.values if isinstance(domain, Options) else (domain.low, domain.high)
        for end in ends:
            assert path(component.build, **component.resolve({key: end})).isfinite().all()
        # A log scale cannot reach 0, no decay; its low end is no decay in float32.
        assert component.defaults[key] in domain or (name, key) == ("sgd", "weight_decay")


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_is_handed_over_and_no_implementation_is_chosen(name: str) -> None:
    model = nn.Sequential(nn.Embedding(3, 2), nn.Linear(2, 2))
    optimiser = getattr(optimisers, name)(model)
    (group,) = optimiser.param_groups
    assert group["params"] == list(model.parameters())
    assert group["foreach"] is None
    assert group.get("fused") is None


def test_spaces_name_the_most_important_hyperparameter_first(registry: Registry) -> None:
    spaces = {name: list(registry.component("optimiser", name).space) for name in NAMES}
    assert spaces == {
        "adagrad": ["lr", "eps"],
        "adam": ["lr", "beta1", "eps", "beta2"],
        "adamw": ["lr", "weight_decay", "beta1", "eps", "beta2"],
        "nadam": ["lr", "beta1", "eps", "beta2"],
        "rmsprop": ["lr", "momentum", "eps", "alpha"],
        "sgd": ["lr", "momentum", "nesterov", "weight_decay"],
    }


WRONG = [
    ("lr", -1.0, "lr must be finite and at least 0, got -1.0"),
    ("lr", math.nan, "lr must be finite and at least 0, got nan"),
    ("weight_decay", -0.1, "weight_decay must be finite and at least 0, got -0.1"),
    ("momentum_decay", math.inf, "momentum_decay must be finite and at least 0, got inf"),
    ("momentum", 1.0, "momentum must lie in [0, 1), got 1.0"),
    ("alpha", 1.0, "alpha must lie in [0, 1), got 1.0"),
    ("beta1", -0.1, "beta1 must lie in [0, 1), got -0.1"),
    ("beta2", 1.0, "beta2 must lie in [0, 1), got 1.0"),
    ("eps", 0.0, "eps must be finite and above 0, got 0.0"),
]


@pytest.mark.parametrize("name", NAMES)
def test_wrong_values_are_refused(registry: Registry, name: str) -> None:
    component = registry.component("optimiser", name)
    refused = set()
    for key, value, message in WRONG:
        if key in component.hyperparameters:
            with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
                component.build(Model(), **{key: value})
            refused.add(key)
    assert refused == component.hyperparameters.keys() - {"nesterov"}

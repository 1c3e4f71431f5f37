"""The rules that divide by a root of squared gradients: against plain formulas, and as the SGD that they include."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

import harness_plugins.optimisers
from harness.plugin.registry import Registry

from support.optimising import START, STEPS, follow, gradient, path
from support.registered import registered

optimisers = registered(harness_plugins.optimisers)


ADAM = {"lr": 0.05, "beta1": 0.7, "beta2": 0.95, "eps": 1e-2, "weight_decay": 0.3}


MATRIX = torch.linspace(-1.0, 2.0, 12, dtype=torch.float64).reshape(3, 4)


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


def plain_radam(p: Tensor, lr: float, beta1: float, beta2: float, eps: float, weight_decay: float) -> Iterator[None]:
    m, v, longest = torch.zeros_like(p), torch.zeros_like(p), 2 / (1 - beta2) - 1
    for t in range(1, STEPS + 1):
        g = gradient(p, t - 1) + weight_decay * p
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        length = longest - 2 * t * beta2**t / (1 - beta2**t)
        r = 1.0
        if length > 5:
            rectified = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
            r = rectified**0.5 * (1 - beta2**t) ** 0.5 / (v.sqrt() + eps)
        p -= lr * r * m / (1 - beta1**t)
        yield


def plain_adamax(p: Tensor, lr: float, beta1: float, beta2: float, eps: float, weight_decay: float) -> Iterator[None]:
    m, u = torch.zeros_like(p), torch.zeros_like(p)
    for step in range(STEPS):
        g = gradient(p, step) + weight_decay * p
        m = beta1 * m + (1 - beta1) * g
        u = torch.maximum(beta2 * u, g.abs() + eps)
        p -= lr * m / (1 - beta1 ** (step + 1)) / u
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


def plain_adadelta(p: Tensor, lr: float, rho: float, eps: float, weight_decay: float) -> Iterator[None]:
    v, d = torch.zeros_like(p), torch.zeros_like(p)
    for step in range(STEPS):
        g = gradient(p, step) + weight_decay * p
        v = rho * v + (1 - rho) * g**2
        move = ((d + eps) / (v + eps)).sqrt() * g
        d = rho * d + (1 - rho) * move**2
        p -= lr * move
        yield


def plain_adafactor(
    p: Tensor, lr: float, beta2_decay: float, d: float, eps2: float, weight_decay: float
) -> Iterator[None]:
    v: Tensor | float = 0.0
    for t in range(1, STEPS + 1):
        g = gradient(p, t - 1)
        length = min(lr, t**-0.5) * max(eps2, p.square().mean().sqrt().item())
        v = v + t**beta2_decay * (g**2 - v)
        # Of a matrix it only keeps the means of rows and columns.
        seen = v if p.ndim == 1 else v.mean(1, keepdim=True) * v.mean(0, keepdim=True) / v.mean()
        direction = g / seen.sqrt()
        p *= 1 - lr * weight_decay
        p -= length * direction / max(1.0, direction.square().mean().sqrt().item() / d)
        yield


RULES = {
    "adadelta": plain_adadelta,
    "adafactor": plain_adafactor,
    "adagrad": plain_adagrad,
    "adam": plain_adam,
    "adamax": plain_adamax,
    "adamw": plain_adamw,
    "nadam": plain_nadam,
    "radam": plain_radam,
    "rmsprop": plain_rmsprop,
}


ADAFACTOR = {"lr": 0.05, "beta2_decay": -0.6, "d": 1.0, "eps2": 1e-3, "weight_decay": 0.3}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("adam", ADAM),
        ("adam", {**ADAM, "beta1": 0.0, "beta2": 0.0, "eps": 1e-8}),
        ("adamw", ADAM),
        ("nadam", {**ADAM, "momentum_decay": 0.1}),
        ("radam", ADAM),
        ("radam", {**ADAM, "beta2": 0.6}),
        ("adamax", ADAM),
        ("adagrad", {"lr": 0.05, "eps": 1e-2, "weight_decay": 0.3}),
        ("rmsprop", {"lr": 0.05, "alpha": 0.8, "eps": 1e-2, "momentum": 0.6, "weight_decay": 0.3}),
        ("adadelta", {"lr": 0.5, "rho": 0.8, "eps": 1e-2, "weight_decay": 0.3}),
        ("adafactor", ADAFACTOR),
        ("adafactor", {**ADAFACTOR, "lr": 0.4, "eps2": 1.2}),
    ],
)
@pytest.mark.parametrize("start", [START, MATRIX], ids=["vector", "matrix"])
def test_twelve_steps_are_those_of_the_plain_rule(name: str, values: dict[str, object], start: Tensor) -> None:
    # torch keeps nadam's product of momenta in float32.
    rtol = 1e-6 if name == "nadam" else 1e-12
    torch.testing.assert_close(
        path(getattr(optimisers, name), start, **values),
        follow(RULES[name], start, **values),
        rtol=rtol,
        atol=1e-13,
    )


@pytest.mark.parametrize("name", RULES)
def test_defaults_are_those_of_the_plain_rule(registry: Registry, name: str) -> None:
    component = registry.component("optimiser", name)
    torch.testing.assert_close(path(component.build), follow(RULES[name], **component.defaults), rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("adam", {"lr": 1e4, "beta1": 0.0}),
        ("adamax", {"lr": 1e4, "beta1": 0.0}),
        ("rmsprop", {"lr": 1e4}),
        ("adadelta", {"lr": 0.01}),
    ],
)
def test_with_a_large_eps_a_rule_is_the_sgd_that_its_traits_say_it_includes(
    registry: Registry, name: str, values: dict[str, float]
) -> None:
    assert "sgd" in registry.component("optimiser", name).traits.includes
    torch.testing.assert_close(
        path(getattr(optimisers, name), eps=1e6, **values),
        path(optimisers.sgd, lr=0.01, momentum=0.0),
        rtol=1e-4,
        atol=1e-6,
    )

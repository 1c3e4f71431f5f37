"""The built-in initialisers against their formulas."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pytest
import torch
from scipy import stats
from torch import nn

import harness_plugins.initialisers
from harness.plugin.registry import Registry
from harness_plugins.initialisers.truncated_normal import CLIPPED_SD

from support.drawing import draw
from support.registered import alone, registered

initialisers = registered(harness_plugins.initialisers)

SHAPES = [(200, 1800), (3, 200), (64, 64), (300, 20)]
"""``(n_out, n_in)``."""

Variance = Callable[[int, int], float]
VARIANCES: dict[str, tuple[dict[str, object], Variance]] = {
    "xavier_uniform": ({"gain": 1.5}, lambda n_in, n_out: 2 * 1.5**2 / (n_in + n_out)),
    "xavier_normal": ({"gain": 1.5}, lambda n_in, n_out: 2 * 1.5**2 / (n_in + n_out)),
    "kaiming_uniform": ({"mode": "fan_in"}, lambda n_in, n_out: 2 / n_in),
    "kaiming_normal": ({"mode": "fan_out"}, lambda n_in, n_out: 2 / n_out),
    "lecun_uniform": ({}, lambda n_in, n_out: 1 / n_in),
    "lecun_normal": ({}, lambda n_in, n_out: 1 / n_in),
    "torch_default": ({}, lambda n_in, n_out: 1 / (3 * n_in)),
    "orthogonal": ({"gain": 1.5}, lambda n_in, n_out: 1.5**2 / max(n_in, n_out)),
    "truncated_normal": ({"sd": 0.03}, lambda n_in, n_out: 0.03**2),
    "uniform": ({"limit": 0.03}, lambda n_in, n_out: 0.03**2 / 3),
    "normal": ({"sd": 0.03}, lambda n_in, n_out: 0.03**2),
    "sparse": ({"sd": 0.3, "connections": 7}, lambda n_in, n_out: 0.3**2 * 7 / n_in),
    "zero_output": ({"hidden": "kaiming_normal"}, lambda n_in, n_out: 2 / n_in),
    "mup": ({}, lambda n_in, n_out: 1 / n_in),
    "zeros": ({}, lambda n_in, n_out: 0.0),
}
"""Of the hidden weight."""
NAMES = [*VARIANCES, "lsuv"]  # whose variance is that of its outputs: see test_lsuv
UNIFORM = {"xavier_uniform", "kaiming_uniform", "lecun_uniform", "torch_default", "uniform"}


@pytest.fixture(scope="module")
def registry() -> Registry:
    return alone("harness_plugins.initialisers")


def test_the_formulas_below_cover_every_initialiser(registry: Registry) -> None:
    assert registry.names("initialiser") == sorted(NAMES)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", VARIANCES)
def test_variance_is_the_formula_s_within_five_standard_errors(name: str, shape: tuple[int, int]) -> None:
    values, variance = VARIANCES[name]
    weight = draw(getattr(initialisers, name), shape, **values).double()
    expected, count = variance(shape[1], shape[0]), weight.numel()
    # Var(x²) is 0.8σ⁴ of a uniform and 2σ⁴ of a normal x; an orthogonal matrix has its mean square exactly, and a
    # sparse one a normal x for 7 of n_in.
    relative = {"orthogonal": 0.0, "sparse": 2 * shape[1] / 7, **dict.fromkeys(UNIFORM, 0.8)}.get(name, 2.0)
    error = 5 * expected * math.sqrt(relative / count) + 1e-6 * expected
    assert weight.square().mean().item() == pytest.approx(expected, abs=error)
    assert abs(weight.mean().item()) <= 5 * math.sqrt(expected / count)


@pytest.mark.parametrize("name", sorted(VARIANCES.keys() - {"orthogonal", "truncated_normal", "sparse", "zeros"}))
def test_uniform_rules_are_bounded_and_normal_ones_have_tails(name: str) -> None:
    values, variance = VARIANCES[name]
    largest = draw(getattr(initialisers, name), (200, 300), **values).abs().max().item()
    limit = math.sqrt(3 * variance(300, 200))
    if name in UNIFORM:
        assert 0.999 * limit < largest <= limit * (1 + 1e-6)
    else:
        assert largest > 2 * limit  # 3.5 standard deviations


def test_truncated_normal_is_the_normal_that_clipping_leaves_with_the_sd_asked_for() -> None:
    assert pytest.approx(stats.truncnorm(-2, 2).std(), rel=1e-12) == CLIPPED_SD
    assert pytest.approx(0.87962566103423978, rel=1e-15) == CLIPPED_SD
    expected = stats.truncnorm(-2, 2, scale=0.03 / CLIPPED_SD)
    weight = draw(initialisers.truncated_normal, (200, 300), sd=0.03).double()
    assert stats.kstest(weight.flatten().numpy(), expected.cdf).pvalue > 0.001
    limit = 2 * 0.03 / CLIPPED_SD
    assert 0.999 * limit < weight.abs().max().item() <= limit * (1 + 1e-6)


def test_torch_default_draws_the_bits_of_nn_linear() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        linear = nn.Linear(60, 40)
    assert torch.equal(draw(initialisers.torch_default, (40, 60), seed=3), linear.weight)


def test_kaiming_gain_is_that_of_a_relu() -> None:
    weight = draw(initialisers.kaiming_normal, (500, 800)).double()
    signal = torch.randn(800, 200, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    once = torch.relu(weight @ signal)
    assert once.square().mean().item() == pytest.approx(signal.square().mean().item(), rel=0.02)


@pytest.mark.parametrize("name", NAMES)
def test_only_the_given_generator_is_drawn_from(name: str) -> None:
    init = getattr(initialisers, name)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        before = torch.get_rng_state()
        first = draw(init, seed=5)
        assert torch.equal(torch.get_rng_state(), before)
        torch.manual_seed(2)
        assert torch.equal(draw(init, seed=5), first)
    assert torch.equal(draw(init, seed=6), first) == (name == "zeros")


OTHER_VALUES = {
    "gain": 0.5, "mode": "fan_out", "limit": 0.5, "sd": 0.5, "connections": 3, "hidden": "orthogonal",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_hyperparameter_changes_the_weights(registry: Registry, name: str) -> None:
    component = registry.component("initialiser", name)
    for hyperparameter in component.hyperparameters:
        changed = component.resolve({hyperparameter: OTHER_VALUES[hyperparameter]})
        assert not torch.equal(draw(component.build, **changed), draw(component.build, **component.defaults))


@pytest.mark.parametrize("name", NAMES)
def test_defaults_lie_in_their_spaces_and_docstrings_say_what_a_rule_is_not_for(registry: Registry, name: str) -> None:
    component = registry.component("initialiser", name)
    assert all(component.defaults[key] in domain for key, domain in component.space.items())
    assert component.description.endswith(".")
    assert "Not for " in " ".join((component.build.__doc__ or "").split())
    assert component.plugin == "harness_plugins.initialisers"


def test_only_a_scale_that_is_the_rule_is_searched(registry: Registry) -> None:
    spaces = {name: list(registry.component("initialiser", name).space) for name in NAMES}
    assert {name: keys for name, keys in spaces.items() if keys} == {
        "truncated_normal": ["sd"],
        "uniform": ["limit"],
        "normal": ["sd"],
        "sparse": ["sd", "connections"],
    }


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("xavier_uniform", {"gain": 0.0}, "gain must be finite and above 0, got 0.0"),
        ("xavier_normal", {"gain": math.inf}, "gain must be finite and above 0, got inf"),
        ("orthogonal", {"gain": -1.0}, "gain must be finite and above 0, got -1.0"),
        ("uniform", {"limit": -0.01}, "limit must be finite and above 0, got -0.01"),
        ("normal", {"sd": math.nan}, "sd must be finite and above 0, got nan"),
        ("truncated_normal", {"sd": 0.0}, "sd must be finite and above 0, got 0.0"),
        ("sparse", {"sd": math.inf}, "sd must be finite and above 0, got inf"),
        ("sparse", {"connections": 0}, "connections must be finite and above 0, got 0"),
        ("kaiming_uniform", {"mode": "fan_avg"}, "mode must be 'fan_in' or 'fan_out', got 'fan_avg'"),
        ("kaiming_normal", {"mode": ""}, "mode must be 'fan_in' or 'fan_out', got ''"),
    ],
)
def test_wrong_values_are_refused(name: str, values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        draw(getattr(initialisers, name), **values)

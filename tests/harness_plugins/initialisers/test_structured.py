"""Initialisers that are more than a variance: their structure, layer by layer, and what they refuse."""

from __future__ import annotations

import math
import re
from typing import get_args

import pytest
import torch
from torch import Tensor

from harness import EmbeddingClassifier, Problem
from harness.plugin.registry import Registry
from harness.training.build import build_learner
from harness_plugins import initialisers
from harness_plugins.initialisers import lsuv, mup, orthogonal, sparse, zero_output

from support.cohorts import cohort_of, configure
from support.drawing import draw


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("shape", [(30, 50), (50, 30)])
def test_orthogonal_s_shorter_side_is_orthonormal_times_gain(shape: tuple[int, int]) -> None:
    weight = draw(orthogonal, shape, gain=2.0)
    gram = weight @ weight.T if shape[0] < shape[1] else weight.T @ weight
    torch.testing.assert_close(gram, 4 * torch.eye(30), atol=1e-5, rtol=0)


# Sparse


@pytest.mark.parametrize(("connections", "n_in"), [(15, 100), (1, 40), (40, 40), (60, 40)])
def test_every_unit_has_so_many_connections_or_all_that_there_are(connections: int, n_in: int) -> None:
    weight = draw(sparse, (50, n_in), connections=connections)
    assert (weight != 0).sum(dim=1).tolist() == [min(connections, n_in)] * 50


def test_every_input_is_as_likely_to_be_connected_and_units_differ() -> None:
    connected = draw(sparse, (4000, 10), connections=3) != 0
    share = connected.double().mean(dim=0)
    assert (share - 0.3).abs().max().item() < 5 * math.sqrt(0.3 * 0.7 / 4000)
    assert len(connected.unique(dim=0)) == math.comb(10, 3)


def test_a_unit_with_more_connections_keeps_those_of_one_with_fewer() -> None:
    few, many = (draw(sparse, (40, 60), connections=number) for number in (5, 20))
    assert torch.equal(torch.where(few != 0, many, 0), few)


def test_connections_are_normal_and_sd_scales_them() -> None:
    weight = draw(sparse, (400, 60), sd=2.0)
    values = weight[weight != 0].double()
    assert values.std().item() == pytest.approx(2, abs=5 * math.sqrt(2 / len(values)))
    assert values.abs().max().item() > 3 * 2
    assert torch.equal(weight, 2 * draw(sparse, (400, 60)))


# LSUV


@pytest.mark.parametrize(("features", "hidden_dim", "classes"), [(36, 200, 3), (4, 50, 2), (6, 300, 40)])
@pytest.mark.parametrize("scale", [0.2, 30.0])
def test_lsuv_gives_both_layers_unit_output_variance(
    features: int, hidden_dim: int, classes: int, scale: float
) -> None:
    matrix = scale * torch.randn(100, 10, generator=generator())
    model = EmbeddingClassifier(
        matrix, num_features=features, hidden_dim=hidden_dim, num_classes=classes, generator=generator()
    )
    tokens = torch.randint(100, (500, features), generator=generator(1))
    received = model.embedding(tokens).flatten(1)
    with torch.no_grad():
        lsuv(model.hidden.weight, generator=generator(2), inputs=received)
        hidden = model.hidden(received)
        lsuv(model.output.weight, generator=generator(3), inputs=torch.relu(hidden))
        logits = model.eval()(tokens)
    for outputs in (hidden, logits):
        assert outputs.double().var(correction=0).item() == pytest.approx(1, rel=1e-5)


def test_lsuv_in_a_run_has_unit_variance_on_the_batch_that_it_was_given(registry: Registry, tiny: Problem) -> None:
    configuration = configure(registry, initialiser=("lsuv", {}), training={"batch_size": 64})
    model = build_learner(configuration, cohort_of(configuration), tiny, registry).model.eval()
    tokens = tiny.train.sample(64).tokens
    with torch.no_grad():
        hidden, logits = model.hidden(model.embedding(tokens).flatten(1)), model(tokens)
    for outputs in (hidden, logits):
        assert outputs.var(correction=0).item() == pytest.approx(1, rel=1e-4)


def inputs(*shape: int) -> Tensor:
    return torch.randn(shape, generator=generator(4))


def test_lsuv_is_orthogonal_up_to_a_factor_that_undoes_the_inputs_scale() -> None:
    given = inputs(100, 60)
    before = given.clone()
    weight = draw(lsuv, inputs=given)
    assert torch.equal(given, before)
    plain = draw(orthogonal)
    torch.testing.assert_close(weight, plain * (weight[0, 0] / plain[0, 0]))
    torch.testing.assert_close(draw(lsuv, inputs=1000 * given), weight / 1000)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (torch.ones(20, 60), "lsuv needs inputs that vary, got a batch of 20 that are all alike"),
        (torch.zeros(20, 60), "lsuv needs inputs that vary, got a batch of 20 that are all alike"),
        (inputs(1, 60), "lsuv needs inputs that vary, got a batch of 1 that are all alike"),
        (torch.nan * inputs(20, 60), "lsuv needs outputs whose standard deviation is finite and above 0, got nan"),
        (
            inputs(20, 60) / torch.arange(60),
            "lsuv needs outputs whose standard deviation is finite and above 0, got nan",
        ),
    ],
    ids=["constant", "zero", "one example", "nan", "infinite"],
)
def test_lsuv_refuses_inputs_without_a_variance(given: Tensor, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        draw(lsuv, inputs=given)


def test_lsuv_refuses_outputs_without_a_variance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.nn.init, "orthogonal_", lambda weight, generator: weight.zero_())
    message = "lsuv needs outputs whose standard deviation is finite and above 0, got 0.0"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        draw(lsuv)


# Layer by layer


@pytest.mark.parametrize("shape", [(200, 1800), (3, 200), (64, 64), (300, 20)], ids=str)
def test_mup_s_output_variance_is_one_over_the_squared_width(shape: tuple[int, int]) -> None:
    weight = draw(mup, shape, layer="output").double()
    expected = 1 / shape[1] ** 2
    error = 5 * expected * math.sqrt(2 / weight.numel())
    assert weight.square().mean().item() == pytest.approx(expected, abs=error)
    assert torch.equal(draw(mup, shape), draw(initialisers.lecun_normal, shape))


def test_zero_output_takes_every_rule_that_stands_alone(registry: Registry) -> None:
    alone = {
        name
        for name in registry.names("initialiser")
        if registry.component("initialiser", name).plugin == "built_in"
        and not registry.component("initialiser", name).takes
    }
    assert set(get_args(initialisers.Alone)) == alone - {"zeros"}


@pytest.mark.parametrize("hidden", get_args(initialisers.Alone))
def test_zero_output_is_that_rule_and_then_zeros(hidden: str) -> None:
    assert torch.equal(draw(zero_output, hidden=hidden), draw(getattr(initialisers, hidden)))
    assert not draw(zero_output, hidden=hidden, layer="output").any()


@pytest.mark.parametrize("layer", ["hidden", "output"])
@pytest.mark.parametrize("hidden", ["zeros", "lsuv", "zero_output", ""])
def test_zero_output_refuses_other_rules(hidden: str, layer: str) -> None:
    message = f"hidden must be one of {', '.join(get_args(initialisers.Alone))}, got {hidden!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        draw(zero_output, hidden=hidden, layer=layer)


@pytest.mark.parametrize("name", ["zero_output", "mup"])
def test_layers_are_told_apart_in_a_run(registry: Registry, tiny: Problem, name: str) -> None:
    configuration = configure(registry, initialiser=(name, {}))
    model = build_learner(configuration, cohort_of(configuration), tiny, registry).model
    hidden, output = (layer.weight.square().mean().item() for layer in (model.hidden, model.output))
    expected = {"zero_output": (2 / (48 + 16), 0.0), "mup": (1 / 48, 1 / 16**2)}[name]
    assert (hidden, output) == pytest.approx(expected, rel=0.6)

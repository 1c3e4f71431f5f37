"""Layer-sequential unit variance."""

from __future__ import annotations

import re

import pytest
import torch
from torch import Tensor

from harness import EmbeddingClassifier, Problem
from harness.plugin.registry import Registry
from harness.training.build import build_learner
from harness_plugins.initialisers.lsuv import lsuv
from harness_plugins.initialisers.orthogonal import orthogonal

from support.cohorts import cohort_of, configure
from support.drawing import draw


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


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

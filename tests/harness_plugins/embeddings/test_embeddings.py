"""The built-in embeddings: their distributions, what they draw from, what they refuse."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import harness_plugins.embeddings
from harness import Vocabulary
from harness.errors import PluginError
from harness.plugin.component import Component
from harness.plugin.registry import Registry

from support.registered import alone, registered
from support.vectors import fill, text_file

embeddings = registered(harness_plugins.embeddings)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return alone("harness_plugins.embeddings")


def test_every_embedding_is_tested_here_or_in_test_glove(registry: Registry) -> None:
    assert registry.names("embedding") == ["glove", "normal", "pretrained", "uniform"]


@pytest.mark.parametrize(
    ("build", "values", "variance", "relative"),
    [
        (embeddings.normal, {}, 0.04, 2.0),
        (embeddings.normal, {"sd": 0.9}, 0.81, 2.0),
        (embeddings.uniform, {}, 0.01**2 / 3, 0.8),
        (embeddings.uniform, {"limit": 0.5}, 0.25 / 3, 0.8),
    ],
)
def test_variance_is_the_formula_s_within_five_standard_errors(
    build: Callable[..., None], values: dict[str, float], variance: float, relative: float
) -> None:
    size = 5000
    large = Vocabulary(texts=tuple(map(str, range(size))), kinds=("word",) * size)
    weight = fill(build, vocabulary=large, **values).double()
    error = 5 * variance * math.sqrt(relative / weight.numel())
    assert weight.square().mean().item() == pytest.approx(variance, abs=error)
    assert abs(weight.mean().item()) < 5 * math.sqrt(variance / weight.numel())


@pytest.mark.parametrize("name", ["normal", "uniform", "pretrained"])
def test_only_the_given_generator_is_drawn_from(registry: Registry, tmp_path: Path, name: str) -> None:
    component = registry.component("embedding", name)
    values = {"path": str(text_file(tmp_path, "cat 1 2 3\n"))} if name == "pretrained" else {}
    with torch.random.fork_rng():
        torch.manual_seed(1)
        before = torch.get_rng_state()
        first = fill(component.build, seed=5, **values)
        assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(fill(component.build, seed=5, **values), first)
    assert not torch.equal(fill(component.build, seed=6, **values), first)


@pytest.mark.parametrize("name", ["normal", "uniform", "pretrained"])
def test_every_hyperparameter_changes_the_weights(registry: Registry, tmp_path: Path, name: str) -> None:
    component: Component = registry.component("embedding", name)
    paths = [str(text_file(tmp_path, text, text[-2])) for text in ("cat 1 2 3\n", "cat 1 2 4\n")]
    given = {"path": paths[0]} if "path" in component.hyperparameters else {}
    assert component.space.keys() | given.keys() == component.hyperparameters.keys()
    usual = fill(component.build, **component.resolve(given))
    for key in component.hyperparameters:
        changed = paths[1] if key == "path" else component.space[key].low
        assert not torch.equal(fill(component.build, **component.resolve({**given, key: changed})), usual)


def test_docstrings_begin_with_a_sentence_and_say_what_an_embedding_is_not_for(registry: Registry) -> None:
    for name in registry.names("embedding"):
        component = registry.component("embedding", name)
        assert component.description.endswith(".")
        assert "Not for " in " ".join((component.build.__doc__ or "").split())


def test_pretrained_insists_on_a_path(registry: Registry) -> None:
    with pytest.raises(PluginError) as caught:
        registry.component("embedding", "pretrained").resolve({})
    assert str(caught.value) == "embedding 'pretrained' needs path: --set embedding.pretrained.path=…"


@pytest.mark.parametrize(
    ("build", "values", "message"),
    [
        (embeddings.normal, {"sd": 0.0}, "sd must be finite and above 0, got 0.0"),
        (embeddings.uniform, {"limit": -1.0}, "limit must be finite and above 0, got -1.0"),
        (embeddings.glove, {"sd": 0.0}, "sd must be finite and above 0, got 0.0"),
        (embeddings.pretrained, {"path": "x", "sd": -1.0}, "sd must be finite and above 0, got -1.0"),
    ],
)
def test_wrong_values_are_refused(build: Callable[..., None], values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        fill(build, **values)

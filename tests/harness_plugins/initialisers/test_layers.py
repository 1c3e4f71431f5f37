"""The initialisers that treat the hidden and the output layer differently."""

from __future__ import annotations

import pytest

from harness import Problem
from harness.plugin.registry import Registry
from harness.training.build import build_learner

from support.cohorts import cohort_of, configure


@pytest.mark.parametrize("name", ["zero_output", "mup"])
def test_layers_are_told_apart_in_a_run(registry: Registry, tiny: Problem, name: str) -> None:
    configuration = configure(registry, initialiser=(name, {}))
    model = build_learner(configuration, cohort_of(configuration), tiny, registry).model
    hidden, output = (layer.weight.square().mean().item() for layer in (model.hidden, model.output))
    expected = {"zero_output": (2 / (48 + 16), 0.0), "mup": (1 / 48, 1 / 16**2)}[name]
    assert (hidden, output) == pytest.approx(expected, rel=0.6)

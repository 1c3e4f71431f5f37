"""A run before its first step: what is refused, what is offered, whose draws are whose, and which path it takes."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from harness.plugin.kinds import CHOICES
from harness.plugin.problem import Problem
from harness.plugin.registry import Registry
from harness.study.configuration import Configuration, ModelSettings, Selection, TrainingSettings
from harness.training.build import build_learner, fuse, shares_pairs
from harness.training.model import EmbeddingClassifier

from support.cohorts import cohort_of, configure
from support.learners import component, rehearsal, started


def test_groups_that_miss_or_repeat_a_parameter_are_refused():
    def build(which: str):
        def optimiser(model) -> torch.optim.Optimizer:
            rest = [each for name, each in model.named_parameters() if name != "hidden.bias"]
            if which == "foreign":
                return torch.optim.SGD([*model.parameters(), nn.Parameter(torch.zeros(1))], lr=0.1)
            return torch.optim.SGD(rest, lr=0.1)

        return component("optimiser", optimiser)

    with pytest.raises(
        ValueError, match=r"'x' has hidden\.bias in 0 of its parameter groups, each parameter belongs in"
    ):
        started(build("missing"))
    with pytest.raises(ValueError, match="'x' has 1 parameters that are not the model's"):
        started(build("foreign"))


def test_a_component_that_builds_something_else_is_refused():
    with pytest.raises(TypeError, match=r"regularisers 'x' built 3, not a harness\.Regulariser"):
        started(component("regularisers", lambda: 3))


def test_an_initialiser_sees_what_each_layer_receives_given_the_layers_before():
    seen: dict[str, Tensor] = {}

    def initialiser(weight: Tensor, *, generator: torch.Generator, inputs: Tensor, layer: str) -> None:
        seen[layer] = inputs.clone()
        weight.fill_(0.5 if layer == "hidden" else 0.1)

    prepared = rehearsal(component("initialiser", initialiser))
    learner, examples = prepared.learner, prepared.problem.train.sample(50)
    embedded = learner.model.embedding(examples.tokens).flatten(1)
    assert torch.equal(seen["hidden"], embedded)
    torch.testing.assert_close(seen["output"], torch.relu(0.5 * embedded.sum(1, keepdim=True)).expand(-1, 12))
    assert not seen["output"].requires_grad


def test_a_schedule_that_draws_is_the_same_for_runs_that_share_it_and_another_at_each_step():
    def drawing(progress: float, *, generator: torch.Generator, high: float = 0.5) -> float:
        return high * torch.rand((), generator=generator).item()

    def seen() -> list[float]:
        prepared = rehearsal(component("dropout", drawing))
        return [prepared.learner.model.dropout.rate for _ in prepared.steps()]

    rates = [seen(), seen()]
    assert rates[0] == rates[1]
    assert len(set(rates[0])) == len(rates[0])


def test_another_regulariser_does_not_shift_the_draws_of_the_first(registry: Registry, tiny: Problem):
    def noise(name: str) -> list[int]:
        made = configure(registry, regularisers=(name, {}))
        learner = build_learner(made, cohort_of(made), tiny, registry)
        return [each.generator.initial_seed() for each in learner.regularisers]

    assert noise("dropconnect + gradient_noise") == noise("dropconnect") + noise("gradient_noise")
    assert len(set(noise("gradient_noise + dropconnect"))) == 2


def test_optimisers_of_torch_take_their_fused_step_unless_told_otherwise(registry):
    model = EmbeddingClassifier((5, 2), num_features=2, hidden_dim=3, num_classes=2)
    for name in registry.names("optimiser"):
        built = registry.component("optimiser", name).build
        if built.__module__.startswith("harness_plugins"):
            optimiser = built(model)
            fuse(optimiser)
            assert all(group.get("fused", True) for group in optimiser.param_groups), name
    plain = torch.optim.Adam(model.parameters(), fused=False)
    fuse(plain)
    assert plain.param_groups[0]["fused"] is False


def test_a_gpu_takes_the_plain_path(tiny):
    choices = {choice: Selection.of("any", {}) for choice in CHOICES}
    configuration = Configuration.of(choices, ModelSettings(hidden_dim=1000), TrainingSettings(batch_size=300))
    assert shares_pairs(configuration, tiny)
    assert not shares_pairs(configuration, tiny, "cuda")


@pytest.mark.usefixtures("small_models_share_pairs")
def test_who_looks_inside_takes_the_plain_path(registry, tiny):
    def path(name: str) -> bool:
        made = configure(registry, regularisers=(name, {}), training={"batch_size": 150})
        return build_learner(made, cohort_of(made), tiny, registry).shares_pairs

    assert path("none")
    assert path("dropconnect + sam")
    assert not path("input_dropout")
    assert not path("l2 + feature_dropout")

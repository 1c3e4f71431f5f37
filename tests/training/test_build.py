"""A run before its first step: what is refused, what is offered, and whose draws are whose."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from harness.conformance._rehearsal import Rehearsal
from harness.conformance._stand_ins import problem
from harness.plugin.problem import Problem
from harness.plugin.registry import Registry
from harness.training.build import start

from support.cohorts import cohort_of, configure
from support.learners import component, started


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

    learner = started(component("initialiser", initialiser))
    examples = problem().train.sample(50)
    embedded = learner.model.embedding(examples.tokens).flatten(1)
    assert torch.equal(seen["hidden"], embedded)
    torch.testing.assert_close(seen["output"], torch.relu(0.5 * embedded.sum(1, keepdim=True)).expand(-1, 12))
    assert not seen["output"].requires_grad


def test_a_schedule_that_draws_is_the_same_for_runs_that_share_it_and_another_at_each_step():
    def drawing(progress: float, *, generator: torch.Generator, high: float = 0.5) -> float:
        return high * torch.rand((), generator=generator).item()

    def seen() -> list[float]:
        rehearsal = Rehearsal(component("dropout", drawing), {})
        return [rehearsal.learner.model.dropout.rate for _ in rehearsal.steps()]

    rates = [seen(), seen()]
    assert rates[0] == rates[1]
    assert len(set(rates[0])) == len(rates[0])


def test_another_regulariser_does_not_shift_the_draws_of_the_first(registry: Registry, tiny: Problem):
    def noise(name: str) -> list[int]:
        made = configure(registry, regularisers=(name, {}))
        learner = start(made, cohort_of(made), tiny, registry)
        return [each.generator.initial_seed() for each in learner.regularisers]

    assert noise("dropconnect + gradient_noise") == noise("dropconnect") + noise("gradient_noise")
    assert len(set(noise("gradient_noise + dropconnect"))) == 2

"""From a configuration to a learner: the model with its starting weights, its optimiser and its schedules."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from harness.plugin.component import Component
from harness.plugin.problem import Problem, Split
from harness.plugin.regulariser import Regulariser
from harness.study.configuration import Configuration
from harness.training._eager import defer_compiler
from harness.training._pairs import worthwhile_pairs
from harness.training.cohort import Cohort
from harness.training.learner import Learner
from harness.training.model import EmbeddingClassifier
from harness.training.streams import Role, reseed

if TYPE_CHECKING:
    from harness.plugin.registry import Registry


def build_learner(configuration: Configuration, cohort: Cohort, problem: Problem, registry: Registry) -> Learner:
    """The learner of a run before its first step; its starting weights are drawn from the cohort's streams."""

    def chosen(choice: str) -> tuple[Component, dict[str, Any]]:
        selection = configuration[choice]
        return registry.component(choice, selection.name), dict(selection.values)

    matrix = torch.empty(len(problem.vocabulary), configuration.model.embedding_dim)
    embedding, values = chosen("embedding")
    _fill(matrix, embedding, problem.vocabulary, generator=cohort.stream("embedding"), **values)
    model = EmbeddingClassifier(
        matrix,
        num_features=problem.num_features,
        hidden_dim=configuration.model.hidden_dim,
        num_classes=problem.num_classes,
        generator=cohort.stream("hidden"),  # what it draws is replaced here; torch's global stream stays untouched
    )
    batch_size = configuration.training.batch_size
    with torch.no_grad():
        if configuration.model.bias == "torch_default":
            stream = cohort.stream("bias")
            for layer in (model.hidden, model.output):
                limit = 1 / math.sqrt(layer.in_features)
                layer.bias.uniform_(-limit, limit, generator=stream)
        _initialise(model, *chosen("initialiser"), cohort, problem.train.sample(batch_size))
    model.to(cohort.device)  # what was drawn was drawn on the CPU: the same on every device
    schedule, values = chosen("lr_schedule")
    return Learner(
        model=model,
        optimiser=build_optimiser(model, *chosen("optimiser")),
        drop_rate=_dropout_schedule(cohort, *chosen("dropout")),
        lr_factor=partial(schedule.build, **values),
        regularisers=_regularisers(model, *chosen("regularisers"), cohort, problem),
        shares_pairs=shares_pairs(configuration, problem, cohort.device),
    )


def _fill(weight: Tensor, component: Component, *given: object, **named: object) -> None:
    """Let an embedding or initialiser fill a weight in place; ValueError if it leaves values unfilled."""
    weight.fill_(math.nan)  # what a component leaves unfilled must not pass for a starting value
    component.build(weight, *given, **named)
    if not weight.isfinite().all():
        raise ValueError(f"{component.kind} {component.name!r} left values of the weight unfilled or not finite")


def _initialise(
    model: EmbeddingClassifier, component: Component, values: dict[str, Any], cohort: Cohort, examples: Split
) -> None:
    """Fill the hidden weight, then the output weight.

    ``examples``: an initialiser that takes ``inputs`` is given each layer's inputs for these examples.
    """
    inputs = model.embedding(examples.tokens).flatten(1) if "inputs" in component.takes else None
    layers: tuple[tuple[Role, nn.Linear], ...] = (("hidden", model.hidden), ("output", model.output))
    for name, layer in layers:
        offered = {"inputs": inputs, "layer": name}
        taken = {argument: offered[argument] for argument in component.takes}
        _fill(layer.weight, component, generator=cohort.stream(name), **taken, **values)
        if inputs is not None:
            inputs = torch.relu(layer(inputs))


def build_optimiser(model: EmbeddingClassifier, component: Component, values: dict[str, Any]) -> Optimizer:
    """Build the optimiser; ValueError unless its groups hold every parameter of the model once, and nothing else."""
    defer_compiler()
    optimiser = component.build(model, **values)
    if not isinstance(optimiser, Optimizer):
        raise TypeError(f"optimiser {component.name!r} built {optimiser!r}, not a torch.optim.Optimizer")
    counts = Counter(id(parameter) for group in optimiser.param_groups for parameter in group["params"])
    for name, parameter in model.named_parameters():
        if (count := counts.pop(id(parameter), 0)) != 1:
            raise ValueError(
                f"optimiser {component.name!r} has {name} in {count} of its parameter groups, "
                "each parameter belongs in exactly one"
            )
    if counts:
        raise ValueError(f"optimiser {component.name!r} has {len(counts)} parameters that are not the model's")
    fuse(optimiser)
    return optimiser


def fuse(optimiser: Optimizer) -> None:
    """Switch on torch's fused step, the same rule in one pass, unless an optimiser lacks it or is set otherwise."""
    for group in optimiser.param_groups:
        if group.get("fused", False) is None and not (group.get("foreach") or group.get("differentiable")):
            group["fused"] = True


def _dropout_schedule(cohort: Cohort, component: Component, values: dict[str, Any]) -> Callable[[float, int], float]:
    """Progress and step → drop rate; a schedule that draws gets a stream that depends on the step alone."""
    if "generator" not in component.takes:
        return lambda progress, step: component.build(progress, **values)
    stream = cohort.stream("noise", f"dropout {component.name}")
    seed = stream.initial_seed()

    def draw(progress: float, step: int) -> float:
        reseed(stream, seed, step)
        return component.build(progress, generator=stream, **values)  # type: ignore[no-any-return]

    return draw


def _regularisers(
    model: EmbeddingClassifier, component: Component, values: dict[str, Any], cohort: Cohort, problem: Problem
) -> list[Regulariser]:
    """The regularisers that a name such as ``sam + ema`` joins, in that order, each with a stream of its own."""
    built = component.build(**values)
    regularisers = list(built) if component.parts else [built]
    for part, regulariser in zip(component.parts or (component,), regularisers, strict=True):
        if not isinstance(regulariser, Regulariser):
            raise TypeError(f"regularisers {part.name!r} built {regulariser!r}, not a harness.Regulariser")
        regulariser.model = model
        regulariser.generator = cohort.stream("noise", f"regularisers {part.name}")
        regulariser.start(model, problem.train, problem.vocabulary)
    return regularisers


def shares_pairs(configuration: Configuration, problem: Problem, device: str = "cpu") -> bool:
    """Whether batches repeat their features so often that computing the hidden layer once a pair saves time.

    On a GPU it never does: the dense product costs less than launching many small products.
    """
    sample = problem.train.sample(configuration.training.batch_size)
    return device == "cpu" and worthwhile_pairs(sample.tokens, configuration.model.width) is not None

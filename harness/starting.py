"""A configuration as a model and what trains it, before the first step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.optim import Optimizer

from harness import seeds
from harness.cohort import Cohort, shares_pairs
from harness.configuration import Configuration
from harness.model import EmbeddingClassifier
from harness.problem import Problem
from harness.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Learner:
    """``drop_rate``: progress in [0, 1) → drop rate of the hidden units.

    ``shares_pairs``: whether the hidden layer is computed once per distinct (position, feature) pair of a batch.
    """

    model: EmbeddingClassifier
    optimiser: Optimizer
    drop_rate: Callable[[float], float]
    shares_pairs: bool


def start(configuration: Configuration, cohort: Cohort, problem: Problem, registry: Registry) -> Learner:
    """The starting weights, drawn from the cohort's streams, and an optimiser of them."""

    def build(choice: str, *given: object, **named: object) -> object:
        selection = configuration[choice]
        return registry.component(choice, selection.name).build(*given, **named, **dict(selection.values))

    def fill(choice: str, weight: Tensor, *given: object, role: seeds.Role) -> None:
        weight.fill_(math.nan)  # what a component leaves unfilled must not pass for a starting value
        build(choice, weight, *given, generator=cohort.stream(role))
        if not weight.isfinite().all():
            raise ValueError(
                f"{choice} {configuration[choice].name!r} left values of the weight unfilled or not finite"
            )

    matrix = torch.empty(len(problem.vocabulary), configuration.model.embedding_dim)
    fill("embedding", matrix, problem.vocabulary, role="embedding")
    model = EmbeddingClassifier(
        matrix,
        num_features=problem.num_features,
        hidden_dim=configuration.model.hidden_dim,
        num_classes=problem.num_classes,
        generator=cohort.stream("hidden"),  # what it draws is replaced here; torch's global stream stays untouched
    )
    with torch.no_grad():
        fill("initialiser", model.hidden.weight, role="hidden")
        fill("initialiser", model.output.weight, role="output")
        if configuration.model.bias == "torch_default":
            stream = cohort.stream("bias")
            for layer in (model.hidden, model.output):
                limit = 1 / math.sqrt(layer.in_features)
                layer.bias.uniform_(-limit, limit, generator=stream)
    model.to(cohort.device)  # what was drawn was drawn on the CPU: the same on every device
    optimiser = build("optimiser", model)
    if not isinstance(optimiser, Optimizer):
        raise TypeError(
            f"optimiser {configuration['optimiser'].name!r} built {optimiser!r}, not a torch.optim.Optimizer"
        )
    fuse(optimiser)
    dropout = configuration["dropout"]  # resolved here, once: the schedule is called at every step
    schedule = registry.component("dropout", dropout.name).build
    return Learner(
        model=model,
        optimiser=optimiser,
        drop_rate=partial(schedule, **dict(dropout.values)),
        shares_pairs=shares_pairs(configuration, problem, cohort.device),
    )


def fuse(optimiser: Optimizer) -> None:
    """Take torch's fused step where an optimiser has one and does not say otherwise: the same rule in one pass."""
    for group in optimiser.param_groups:
        if "fused" in group and group["fused"] is None and not (group["foreach"] or group["differentiable"]):
            group["fused"] = True

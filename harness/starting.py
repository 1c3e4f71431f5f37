"""A configuration's model before its first step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from harness import seeds
from harness.configuration import Configuration
from harness.model import EmbeddingClassifier
from harness.problem import Problem
from harness.registry import Registry

if TYPE_CHECKING:
    from harness.training import Cohort


def start_model(configuration: Configuration, cohort: Cohort, problem: Problem, registry: Registry) -> EmbeddingClassifier:
    """The model with the starting values that its embedding, initialiser and bias setting give it."""

    def stream(role: seeds.Role) -> torch.Generator:
        return seeds.generator(cohort.study_seed, cohort.seed_index, role)

    embedding, initialiser = configuration["embedding"], configuration["initialiser"]
    matrix = torch.empty(len(problem.vocabulary), configuration.model.embedding_dim)
    registry.component("embedding", embedding.name).build(
        matrix, problem.vocabulary, generator=stream("embedding"), **dict(embedding.values)
    )
    model = EmbeddingClassifier(
        matrix,
        num_features=problem.num_features,
        hidden_dim=configuration.model.hidden_dim,
        num_classes=problem.num_classes,
        dropout=0.0,
    )
    initialise = registry.component("initialiser", initialiser.name).build
    with torch.no_grad():
        initialise(model.hidden.weight, generator=stream("hidden"), **dict(initialiser.values))
        initialise(model.output.weight, generator=stream("output"), **dict(initialiser.values))
        if configuration.model.bias == "torch_default":
            bias = stream("bias")
            for layer in (model.hidden, model.output):
                limit = 1 / math.sqrt(layer.in_features)
                layer.bias.uniform_(-limit, limit, generator=bias)
    return model

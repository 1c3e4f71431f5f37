"""How much memory training needs, by a formula that ``python tests/benchmarks --only memory`` holds against processes.

    cohort = size · (parameters + gradients + optimiser state) + temporaries of one step + holes

The runs of a cohort take their steps one after the other, so the temporaries are there once. Between two steps of a run
its gradients stay, and lie among what other runs' steps have freed: the heap keeps holes, which a sum of tensors lacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from harness.plugin.problem import Problem
from harness.study.configuration import ModelSettings, TrainingSettings
from harness.training._pairs import Pairs, worthwhile_pairs
from harness.training.cohort import Batch
from harness.training.evaluation import CHUNK, known_pairs
from harness.training.learner import Learner

FLOAT, INT = 4, 8
"""Bytes of a float32 and of an int64."""

MAPPED = 32 * 2**20
"""Bytes from which glibc maps a tensor on its own, at the latest: given back when it is freed, it leaves no hole."""

ADAM = 2
"""Numbers of optimiser state a parameter, where no step has shown it: those of Adam, which most have or fewer."""


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """Bytes of one run.

    ``kept``: from step to step: parameters, gradients, optimiser state. ``step``: the temporaries of a step.
    ``products``: those of them that are computed a pair, or a lookup. ``moving``: the gradients that lie in the heap.
    """

    kept: int
    step: int
    products: int
    moving: int

    def cohort(self, size: int) -> int:
        """Bytes of so many runs that are trained side by side.

        Their holes are as large as the larger of gradients and products, one a run; of a run alone, as the smaller.
        That is no derivation: it is what the measured heaps of glibc come to, within 10 % of the whole.
        """
        holes = (size - 1) * max(self.moving, self.products) + min(self.moving, self.products)
        return size * self.kept + self.step + holes


def footprint(learner: Learner, batch: Batch) -> Footprint:
    """The footprint of a run that has taken a step: ``batch`` is that step's."""
    parameters = [_bytes([parameter]) for parameter in learner.model.parameters()]
    return _footprint(
        parameters,
        run_bytes(learner) - 2 * sum(parameters),
        ModelSettings(
            embedding_dim=learner.model.embedding.embedding_dim, hidden_dim=learner.model.hidden.out_features
        ),
        batch.tokens,
        batch.pairs if learner.shares_pairs else None,
    )


def run_bytes(learner: Learner) -> int:
    """Parameters, gradients and optimiser state, after a step."""
    parameters = list(learner.model.parameters())
    return 2 * _bytes(parameters) + _bytes(
        value for entry in learner.optimiser.state.values() for value in entry.values()
    )


def expected_footprint(problem: Problem, model: ModelSettings, training: TrainingSettings) -> Footprint:
    """The footprint of a run before there is one, as of one with Adam's state; its pairs are those of one batch."""
    rows, inputs = len(problem.vocabulary), problem.num_features * model.embedding_dim
    counts = (rows * model.embedding_dim, (inputs + 1) * model.hidden_dim, (model.hidden_dim + 1) * problem.num_classes)
    tokens = problem.train.sample(min(training.batch_size, len(problem.train))).tokens
    parameters = [FLOAT * count for count in counts]
    return _footprint(parameters, ADAM * sum(parameters), model, tokens, worthwhile_pairs(tokens, model.width))


def _footprint(
    parameters: Sequence[int], state: int, model: ModelSettings, tokens: Tensor, pairs: Pairs | None
) -> Footprint:
    dim, hidden = model.embedding_dim, model.hidden_dim
    if pairs is None:  # the embedded lookups, and their gradient
        products = 2 * FLOAT * tokens.numel() * dim
        index = 0
    else:  # the embedded pairs and their gradient, and the products or their gradient
        products = FLOAT * len(pairs.features) * (2 * dim + hidden)
        index = _bytes(vars(pairs).values())
    # Of the hidden layer: its sum, ReLU, mask, dropped units and two gradients.
    activations = 6 * FLOAT * len(tokens) * hidden
    return Footprint(
        kept=2 * sum(parameters) + state,
        step=_bytes([tokens]) + index + products + activations,
        products=products,
        moving=sum(each for each in parameters if each < MAPPED),
    )


def evaluation_bytes(problem: Problem, model: ModelSettings, training: TrainingSettings) -> int:
    """Bytes of an evaluation: the index of the pairs that every one scores, its copy, and a model's products."""
    index = known_pairs(problem, training.probe)
    chunk = CHUNK * (problem.num_features * (INT + FLOAT) + 3 * FLOAT * model.hidden_dim)
    if index is None:
        return chunk + FLOAT * CHUNK * problem.num_features * model.embedding_dim
    return chunk + 2 * _bytes([index.rows]) + _bytes([index.pairs]) + FLOAT * len(index.pairs) * model.hidden_dim


def problem_bytes(problem: Problem) -> int:
    """Its splits and its vocabulary's two references a row; the texts themselves are not counted."""
    splits = problem.train, problem.dev, problem.test
    tensors = _bytes(each for split in splits for each in (split.tokens, split.labels))
    return tensors + 2 * INT * len(problem.vocabulary)


def _bytes(values: Iterable[Any]) -> int:
    return sum(each.numel() * each.element_size() for each in values if isinstance(each, Tensor))

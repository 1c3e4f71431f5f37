"""A component in a training of its own, among plain partners."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from harness.conformance._randomness import global_streams
from harness.conformance._stand_ins import Bench, problem
from harness.plugin.component import Component
from harness.plugin.kinds import CHOICES, EMBEDDING
from harness.plugin.problem import Problem
from harness.study.configuration import Configuration, ModelSettings, Selection, TrainingSettings
from harness.training.build import start
from harness.training.cohort import Batch, Cohort, batches
from harness.training.evaluation import evaluate
from harness.training.isolation import isolated, one_thread
from harness.training.model import EmbeddingClassifier

MODEL = ModelSettings(embedding_dim=8, hidden_dim=12)


VECTORS = ModelSettings(embedding_dim=50, hidden_dim=12)
"""With an embedding as wide as vectors are that one can have."""


TRAINING = TrainingSettings(epochs=4, batch_size=50)


ROUNDING = 1e-5
"""Differences below this share of the largest weight prove nothing: another order of a sum makes them as well."""


def configuration(component: Component, values: Mapping[str, object]) -> Configuration:
    """The component with these values and its defaults, among partners."""
    choices = {choice: Selection.of("partner", {}) for choice in CHOICES}
    if component.kind.is_choice:
        choices[component.kind.choice] = Selection.of(component.name, component.resolve(values))
    return Configuration.of(choices, VECTORS if component.kind == EMBEDDING else MODEL, TRAINING)


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What came of a training: the model evaluated, its dev loss, the passes that it took; equal to the bit."""

    weights: Mapping[str, Tensor]
    loss: float
    passes: int

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Trained)
            and (self.loss, self.passes) == (other.loss, other.passes)
            and same(self.weights, other.weights)
        )

    __hash__ = None  # type: ignore[assignment]

    def differs(self, other: Trained) -> bool:
        """Whether the weights do, by more than rounding."""
        return not same(self.weights, other.weights, ROUNDING)


def same(one: Mapping[str, Tensor], other: Mapping[str, Tensor], share: float = 0.0) -> bool:
    """Whether no weight differs by more than that share of the largest of its tensor."""
    return all(
        torch.equal(value, other[name])
        or bool(share and (value - other[name]).abs().max() <= share * value.abs().max())
        for name, value in one.items()
    )


class Rehearsal:
    """A training on data of its own, step by step.

    ``noise``: which states global streams begin in. ``drawn``: those of NumPy and Python that are drawn from are added.
    ``beside``: what it has instead of partners. ``on``: the problem, instead of the specimen.
    """

    def __init__(
        self,
        component: Component,
        values: Mapping[str, object],
        *,
        seed: int = 0,
        noise: int = 0,
        drawn: set[str] | None = None,
        beside: tuple[Component, ...] = (),
        on: Problem | None = None,
    ) -> None:
        self.problem = on or problem()
        self.cohort = Cohort(configurations=(configuration(component, values),), study_seed=seed, seed_index=0)
        self.noise = noise
        self.drawn = drawn
        with self.isolated():
            bench: Any = Bench(component, *beside)
            self.learner = start(self.cohort.configurations[0], self.cohort, self.problem, bench)

    @contextmanager
    def isolated(self, step: int = 0) -> Iterator[None]:
        """Inside, global streams are in the states that they have at a step."""
        with one_thread(), isolated(self.noise + step), global_streams(self.noise + step, self.drawn):
            yield

    def batches(self) -> Iterator[Batch]:
        """All of them, in order."""
        return batches(self.cohort, self.problem)

    def take(self, batch: Batch) -> None:
        """A step, as a run takes it."""
        with self.isolated(batch.step):
            self.learner.step(batch)

    def steps(self, count: int | None = None) -> Iterator[Batch]:
        """The batch of each step, when it is taken; in the middle of training the model is put in eval mode once."""
        for batch in self.batches():
            if batch.step == count:
                return
            self.take(batch)
            if batch.progress == 0.5:
                with self.isolated(batch.step):
                    self.learner.eval()
            yield batch

    def run(self, count: int | None = None) -> Trained:
        """All steps, or so many, and what came of them."""
        for _ in self.steps(count):
            pass
        return self.outcome()

    def outcome(self) -> Trained:
        """After the last step."""
        with self.isolated():
            model = self.learner.finish()
        measured = evaluate(model, self.problem, 50, with_score=False)
        return Trained(weights=snapshot(model), loss=measured["dev_loss"], passes=self.learner.passes)


def trained(component: Component, values: Mapping[str, object], **how: Any) -> Trained:
    """What comes of a whole training."""
    return Rehearsal(component, values, **how).run()


def snapshot(model: EmbeddingClassifier) -> dict[str, Tensor]:
    """A copy of its weights."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}

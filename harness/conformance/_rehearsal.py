"""Rehearsal: a short training with one component, and plain partners for the other kinds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from harness.conformance._randomness import streams_from
from harness.conformance._stand_ins import StandInRegistry, problem
from harness.plugin.component import Component
from harness.plugin.kinds import CHOICES, EMBEDDING
from harness.plugin.problem import Problem
from harness.study.configuration import Configuration, ModelSettings, Selection, TrainingSettings
from harness.training.build import build_learner
from harness.training.cohort import Batch, Cohort, batches
from harness.training.evaluation import evaluate
from harness.training.isolation import isolated, one_thread
from harness.training.model import EmbeddingClassifier

MODEL = ModelSettings(embedding_dim=8, hidden_dim=12)


WIDE_MODEL = ModelSettings(embedding_dim=50, hidden_dim=12)
"""For checking embeddings: as wide as the smallest common pretrained vectors."""


TRAINING = TrainingSettings(epochs=4, batch_size=50)


ROUNDING = 1e-5
"""Share of a tensor's largest weight below which a difference proves nothing: rounding makes such differences."""


def configuration(component: Component, values: Mapping[str, object]) -> Configuration:
    """A configuration with the component, these values and its defaults, and a partner for every other choice."""
    choices = {choice: Selection.of("partner", {}) for choice in CHOICES}
    if component.kind.is_choice:
        choices[component.kind.choice] = Selection.of(component.name, component.resolve(values))
    return Configuration.of(choices, WIDE_MODEL if component.kind == EMBEDDING else MODEL, TRAINING)


@dataclass(frozen=True, kw_only=True)
class Trained:
    """The outcome of a rehearsal; outcomes are equal if every bit is.

    ``weights``: name → the evaluated weight. ``loss``: on dev, in nats. ``passes``: forward passes over a batch in
    training.
    """

    weights: Mapping[str, Tensor]
    loss: float
    passes: int

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Trained)
            and (self.loss, self.passes) == (other.loss, other.passes)
            and same_weights(self.weights, other.weights)
        )

    __hash__ = None  # type: ignore[assignment]

    def differs(self, other: Trained) -> bool:
        """Whether the weights differ by more than rounding would make them."""
        return not same_weights(self.weights, other.weights, ROUNDING)


def same_weights(first: Mapping[str, Tensor], second: Mapping[str, Tensor], share: float = 0.0) -> bool:
    """Whether no weight differs by more than ``share`` of the largest weight in its tensor (0: not by a bit)."""
    return all(
        torch.equal(value, second[name])
        or bool(share and (value - second[name]).abs().max() <= share * value.abs().max())
        for name, value in first.items()
    )


class Rehearsal:
    """A training of a component on a small problem, step by step.

    ``seed``: the study seed. ``noise``: the seed of the global streams. ``drawn``: a set that receives the names of the
    global streams (NumPy's, Python's) that were drawn from. ``beside``: components that take the places of partners.
    ``on``: a problem to train on, in place of the stand-in.
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
            registry: Any = StandInRegistry(component, *beside)
            self.learner = build_learner(self.cohort.configurations[0], self.cohort, self.problem, registry)

    @contextmanager
    def isolated(self, step: int = 0) -> Iterator[None]:
        """In the body, one thread computes, and the global streams start in their states for this step."""
        with one_thread(), isolated(self.noise + step), streams_from(self.noise + step, self.drawn):
            yield

    def batches(self) -> Iterator[Batch]:
        """The batches of the whole training, in order."""
        return batches(self.cohort, self.problem)

    def take(self, batch: Batch) -> None:
        """Take a training step on a batch, as a run does."""
        with self.isolated(batch.step):
            self.learner.step(batch)

    def steps(self, count: int | None = None) -> Iterator[Batch]:
        """Take ``count`` steps, or all, and yield each step's batch after it. Half-way, go into eval mode once."""
        for batch in self.batches():
            if batch.step == count:
                return
            self.take(batch)
            if batch.progress == 0.5:
                with self.isolated(batch.step):
                    self.learner.eval()
            yield batch

    def run(self, count: int | None = None) -> Trained:
        """Take ``count`` steps, or all, and return the outcome."""
        for _ in self.steps(count):
            pass
        return self.outcome()

    def outcome(self) -> Trained:
        """The outcome; no step may follow."""
        with self.isolated():
            model = self.learner.finish()
        measured = evaluate(model, self.problem, 50, with_score=False)
        return Trained(weights=snapshot(model), loss=measured["dev_loss"], passes=self.learner.passes)


def trained(component: Component, values: Mapping[str, object], **how: Any) -> Trained:
    """The outcome of a whole rehearsal. ``how``: keyword arguments of ``Rehearsal``."""
    return Rehearsal(component, values, **how).run()


def snapshot(model: EmbeddingClassifier) -> dict[str, Tensor]:
    """Copies of a model's weights, by name."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}

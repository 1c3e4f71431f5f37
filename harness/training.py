"""The training loop, over a cohort: runs that meet the same batches in the same order, trained side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from harness import events, seeds
from harness.configuration import Configuration, TrainingSettings
from harness.evaluation import evaluate
from harness.model import EmbeddingClassifier, random_bits
from harness.problem import Problem
from harness.registry import Registry
from harness.starting import start_model

Observe = Callable[[events.Event], None]


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Configurations with the same batch size and number of epochs, to be trained at one seed index."""

    configurations: tuple[Configuration, ...]
    study_seed: int
    seed_index: int

    def __post_init__(self) -> None:
        lengths = {(each.training.epochs, each.training.batch_size) for each in self.configurations}
        if len(lengths) > 1:
            raise ValueError(f"a cohort shares its epochs and batch size, got {sorted(lengths)}")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One run, over. ``reason``: why it failed, or ''. ``curve``: one mapping of numbers per evaluation point.

    ``passes``: forward–backward passes. ``seconds``: of this run alone, by activity.
    """

    configuration: Configuration
    seed_index: int
    reason: str
    curve: list[dict[str, float]]
    steps: int
    passes: int
    seconds: dict[str, float]
    model: EmbeddingClassifier | None

    def without_model(self) -> Outcome:
        """The numbers alone: small, and plain data."""
        return replace(self, model=None)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """``tokens``: ``(batch, features)``; ``labels``: ``(batch,)``; ``bits``: the dropout draws by hidden width.

    ``step`` counts from 0; ``progress`` is the share of the steps that lie before it, in [0, 1).
    """

    tokens: Tensor
    labels: Tensor
    bits: dict[int, Tensor]
    step: int
    progress: float


def train(cohort: Cohort, problem: Problem, registry: Registry, observe: Observe | None = None) -> list[Outcome]:
    """Train every configuration of the cohort; one outcome each, in order. A run that fails leaves the others alone."""
    with one_thread():
        runs = [Run(each, cohort, problem, registry, observe) for each in cohort.configurations]
        for run in runs:
            run.start()
        for batch in batches(cohort, problem):
            for run in runs:
                run.advance(batch)
        return [run.finish() for run in runs]


def batches(cohort: Cohort, problem: Problem) -> Iterator[Batch]:
    """The batches of every epoch, in an order and with dropout draws that depend on the seeds alone."""
    training = cohort.configurations[0].training
    widths = {each.model.hidden_dim for each in cohort.configurations}
    order = seeds.generator(cohort.study_seed, cohort.seed_index, "order")
    draws = {width: seeds.generator(cohort.study_seed, cohort.seed_index, "dropout") for width in widths}
    steps = count_steps(training, problem)
    step = 0
    for _ in range(training.epochs):
        for rows in torch.randperm(len(problem.train), generator=order).split(training.batch_size):
            bits = {width: random_bits((len(rows), width), draw) for width, draw in draws.items()}
            tokens, labels = problem.train.tokens[rows], problem.train.labels[rows]
            yield Batch(tokens=tokens, labels=labels, bits=bits, step=step, progress=step / steps)
            step += 1


def count_steps(training: TrainingSettings, problem: Problem) -> int:
    """Optimiser steps of a run; the last, smaller batch of an epoch counts."""
    return training.epochs * -(-len(problem.train) // training.batch_size)


def evaluation_steps(training: TrainingSettings, problem: Problem) -> list[int]:
    """After which steps to evaluate: evenly spaced, increasing, the last step always among them."""
    steps = count_steps(training, problem)
    points = min(training.evaluations or training.epochs, steps)
    return [round(steps * point / points) for point in range(1, points + 1)]


class Run:
    """One member of a cohort while it trains."""

    def __init__(
        self,
        configuration: Configuration,
        cohort: Cohort,
        problem: Problem,
        registry: Registry,
        observe: Observe | None,
    ) -> None:
        self.configuration = configuration
        self.cohort = cohort
        self.problem = problem
        self.registry = registry
        self.observe = observe
        self.steps = count_steps(configuration.training, problem)
        self.evaluate_after = set(evaluation_steps(configuration.training, problem))
        self.model: EmbeddingClassifier | None = None
        self.step = 0
        self.reason = ""
        self.losses: list[Tensor] = []
        self.curve: list[dict[str, float]] = []
        self.seconds = {"starting": 0.0, "training": 0.0, "evaluation": 0.0}

    def start(self) -> None:
        """Initialise the model and build what trains it."""
        with self._guarded("starting"):
            optimiser, dropout = self.configuration["optimiser"], self.configuration["dropout"]
            self.model = start_model(self.configuration, self.cohort, self.problem, self.registry)
            self.optimiser = self.registry.component("optimiser", optimiser.name).build(
                self.model, **dict(optimiser.values)
            )
            self.dropout_schedule = self.registry.component("dropout", dropout.name).build
            self.dropout_values = dict(dropout.values)
        self._tell(events.RunStarted)

    def advance(self, batch: Batch) -> None:
        """One step, and an evaluation where one is due."""
        if self.reason:
            return
        with self._guarded("training"):
            self.losses.append(self.train_step(batch))
            self.step = batch.step + 1
        self._tell(events.StepTaken)
        if self.step in self.evaluate_after and not self.reason:
            with self._guarded("evaluation"):
                self.curve.append(self._evaluate())
            if not self.reason:
                self._tell(events.Evaluated, measurements=self.curve[-1])

    def train_step(self, batch: Batch) -> Tensor:
        """The textbook's five lines; returns the loss, detached."""
        model = self.model
        model.dropout.rate = self.dropout_schedule(batch.progress, **self.dropout_values)
        model.dropout.bits = batch.bits[model.hidden.out_features]

        logits = model(batch.tokens)
        loss = cross_entropy(logits, batch.labels)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return loss.detach()

    def finish(self) -> Outcome:
        """What became of the run."""
        if self.model is not None:
            self.model.dropout.bits = None
            self.model.eval()
            self._tell(events.RunEnded, reason=self.reason)
        return Outcome(
            configuration=self.configuration, seed_index=self.cohort.seed_index, reason=self.reason, curve=self.curve,
            steps=self.step, passes=self.step, seconds=self.seconds, model=self.model,
        )  # fmt: skip

    def _evaluate(self) -> dict[str, float]:
        losses = torch.stack(self.losses)
        if not losses.isfinite().all():
            first = int(losses.isfinite().logical_not().nonzero()[0])
            step = self.step - len(losses) + first + 1
            raise FloatingPointError(f"the loss became {losses[first].item()} at step {step} of {self.steps}")
        self.losses = []
        with_score = self.configuration.training.score_always or self.step == self.steps
        measured = evaluate(self.model, self.problem, self.configuration.training.probe, with_score=with_score)
        return {"step": self.step, "batch_loss": losses.mean().item(), **measured}

    def _tell(self, event: type[events.Event], **details: object) -> None:
        if self.observe is not None and self.model is not None:
            self.observe(
                event(
                    configuration=self.configuration, seed_index=self.cohort.seed_index, step=self.step,
                    steps=self.steps, model=self.model, **details,
                )
            )  # fmt: skip

    @contextmanager
    def _guarded(self, activity: str) -> Iterator[None]:
        """Time an activity, and turn whatever a component raises into this run's reason to fail."""
        begin = time.perf_counter()
        try:
            yield
        except Exception as error:  # noqa: BLE001 - a component's fault must not end its neighbours
            self.reason = str(error) if isinstance(error, FloatingPointError) else f"{type(error).__name__}: {error}"
        self.seconds[activity] += time.perf_counter() - begin


@contextmanager
def one_thread() -> Iterator[None]:
    """Every run computes with one torch thread: the bits depend on their number."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)

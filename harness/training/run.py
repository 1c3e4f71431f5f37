"""Run: one member of a cohort, from the built model, batch by batch, to its Outcome."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from harness.plugin import events
from harness.plugin.problem import Problem
from harness.plugin.registry import Registry
from harness.study.configuration import Configuration
from harness.training.build import build_learner
from harness.training.cohort import Batch, Cohort, count_steps, evaluation_steps
from harness.training.evaluation import NonFiniteError, evaluate
from harness.training.isolation import isolated
from harness.training.learner import Learner
from harness.training.model import EmbeddingClassifier

Observe = Callable[[events.Event], None]
"""A function that receives the events of a run; it may look at the model, and must not change it."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The outcome of a run.

    ``reason``: why the run failed, or ''. ``curve``: for each evaluation point, name → measured number. ``steps``:
    optimiser steps taken. ``passes``: forward passes over a batch in training. ``path``: how the hidden layer was
    computed, ``shared`` (once a pair) or ``plain``. ``seconds``: activity → wall time of this run.
    ``processor_seconds``: the same in processor time of its thread; nothing on another device, for which that thread
    waits. ``model``: evaluated.
    """

    configuration: Configuration
    seed_index: int
    reason: str
    curve: list[dict[str, float]]
    steps: int
    passes: int
    path: str
    seconds: dict[str, float]
    processor_seconds: dict[str, float]
    model: EmbeddingClassifier | None

    @classmethod
    def lost(cls, configuration: Configuration, seed_index: int, reason: str) -> Outcome:
        """The outcome of a run whose worker died."""
        return cls(
            configuration=configuration, seed_index=seed_index, reason=reason,
            curve=[], steps=0, passes=0, path="", seconds={}, processor_seconds={}, model=None,
        )  # fmt: skip

    def without_model(self) -> Outcome:
        """The outcome without its model, as small plain data that can be sent between processes."""
        return replace(self, model=None)


class Run:
    """One member of a cohort while it trains. ``reason``: why the run failed; '' as long as it has not.

    An error that a component raises ends this run alone, never the cohort.
    """

    def __init__(
        self,
        configuration: Configuration,
        cohort: Cohort,
        problem: Problem,
        registry: Registry,
        observe: Observe | None = None,
    ) -> None:
        self.configuration = configuration
        self.seed_index = cohort.seed_index
        self.device = cohort.device
        self.unsealed = cohort.unsealed
        self.noise = cohort.stream("noise").initial_seed()
        self.problem = problem
        self.observe = observe
        self.steps = count_steps(configuration.training, problem)
        self.evaluate_after = set(evaluation_steps(configuration.training, problem))
        self.step = 0
        self.reason = ""
        self.losses: list[Tensor] = []
        self.curve: list[dict[str, float]] = []
        self.seconds = {"starting": 0.0, "training": 0.0, "evaluation": 0.0}
        self.processor_seconds = dict(self.seconds) if self.device == "cpu" else {}
        self.learner: Learner | None = None
        with self._guarded("starting"):
            self.learner = build_learner(configuration, cohort, problem, registry)
        self._tell(events.RunStarted)

    def advance(self, batch: Batch) -> None:
        """Take a training step, and evaluate after it if the step is an evaluation point. A failed run does nothing."""
        if self.reason or self.learner is None:
            return
        with self._guarded("training"):
            self.losses.append(self.learner.step(batch))
            self.step = batch.step + 1
        if not self.reason:
            self._tell(events.StepTaken)
        if not self.reason and self.step in self.evaluate_after:
            with self._guarded("evaluation"):
                self.learner.eval()
                self.curve.append(self._evaluate(self.learner.model))
            if not self.reason:
                self._tell(events.Evaluated, measurements=dict(self.curve[-1]))

    def finish(self) -> Outcome:
        """The outcome of the run, after its last step."""
        model = None
        if self.learner is not None:
            with self._guarded("evaluation"):
                model = self.learner.finish()
        self._tell(events.RunEnded, reason=self.reason)
        return Outcome(
            configuration=self.configuration,
            seed_index=self.seed_index,
            reason=self.reason,
            curve=self.curve,
            steps=self.step,
            passes=self.learner.passes if self.learner else 0,
            path=("shared" if self.learner.shares_pairs else "plain") if self.learner else "",
            seconds=self.seconds,
            processor_seconds=self.processor_seconds,
            model=model,
        )

    def _evaluate(self, model: EmbeddingClassifier) -> dict[str, float]:
        """The numbers of an evaluation point; NonFiniteError if a loss since the last evaluation was not finite."""
        losses = torch.stack(self.losses)
        finite = losses.isfinite()
        if not finite.all():
            first = int(finite.logical_not().nonzero()[0])
            step = self.step - len(losses) + first + 1
            raise NonFiniteError(f"the loss became {losses[first].item()} at step {step} of {self.steps}")
        self.losses = []
        training = self.configuration.training
        is_last = self.step == self.steps
        measured = evaluate(
            model, self.problem, training.probe,
            with_score=training.score_always or is_last, with_test=self.unsealed and is_last,
        )  # fmt: skip
        return {"step": self.step, "batch_loss": losses.double().mean().item(), **measured}

    def _tell(self, event: type[events.Event], **details: object) -> None:
        """Send an event to the observer, if there is one and the run was built."""
        if self.observe is not None and self.learner is not None:
            self.observe(
                event(
                    configuration=self.configuration,
                    seed_index=self.seed_index,
                    step=self.step,
                    steps=self.steps,
                    model=self.learner.model,
                    **details,
                )
            )

    @contextmanager
    def _guarded(self, activity: str) -> Iterator[None]:
        """Time the body as an activity; an error that a component raises in it becomes the run's ``reason``.

        Processor time is the thread's: a run computes on one, and others of the process do not lengthen it.
        """
        begin, processor = time.perf_counter(), time.thread_time()
        try:
            with isolated(self.noise + self.step, self.device):
                yield
        except NonFiniteError as error:
            self.reason = self.reason or str(error)
        except (Exception, SystemExit) as error:  # the first reason is the true one
            self.reason = self.reason or f"{type(error).__name__}: {error}"
        self.seconds[activity] += time.perf_counter() - begin
        if self.processor_seconds:
            self.processor_seconds[activity] += time.thread_time() - processor

"""Cohort and its batches: what runs that are compared have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property, partial

import torch
from torch import Tensor

from harness.plugin.problem import Problem
from harness.study.configuration import Configuration, TrainingSettings
from harness.training import streams
from harness.training._pairs import Pairs, find_pairs, worthwhile_pairs
from harness.training.model import DropoutBits, random_bits


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Configurations with the same batch size and number of epochs, to be trained at one seed index on one device.

    ``unsealed``: measure the test split too, when training is over.
    """

    configurations: tuple[Configuration, ...]
    study_seed: int
    seed_index: int
    device: str = "cpu"
    unsealed: bool = False

    def __post_init__(self) -> None:
        lengths = {(each.training.epochs, each.training.batch_size) for each in self.configurations}
        if len(lengths) > 1:
            raise ValueError(f"a cohort shares its epochs and batch size, got {sorted(lengths)}")

    def stream(self, role: streams.Role, name: str = "") -> torch.Generator:
        """A generator at the start of this cohort's stream for a role, and for one of several who have it."""
        return streams.generator(self.study_seed, self.seed_index, role, name)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """``tokens``: ``(batch, features)``; ``labels``: ``(batch,)``.

    ``step`` counts from 0; ``progress`` is the share of the steps that lie before it, in [0, 1).
    """

    tokens: Tensor
    labels: Tensor
    step: int
    progress: float
    draws: Callable[[int, int], torch.Generator]
    drawn: dict[tuple[int, int], DropoutBits] = field(default_factory=dict)

    @cached_property
    def pairs(self) -> Pairs:
        """Of the tokens; found once for all runs that share them."""
        return find_pairs(self.tokens)

    def bits(self, width: int, again: int = 0) -> DropoutBits:
        """``(batch, width)`` random bits for dropout, drawn once for all runs of that hidden width.

        ``again``: how many were drawn for this batch before, by who passes it several times. Each width and each
        further pass has a stream of its own, so that one that others in the cohort want does not shift its draws.
        """
        if (width, again) not in self.drawn:
            bits = random_bits((len(self.labels), width), self.draws(width, again))
            self.drawn[width, again] = DropoutBits(bits.to(self.labels.device))
        return self.drawn[width, again]


def batches(cohort: Cohort, problem: Problem) -> Iterator[Batch]:
    """The batches of every epoch, in an order and with dropout draws that depend on the seeds alone."""
    training = cohort.configurations[0].training
    steps = count_steps(training, problem)
    order = cohort.stream("order")
    first = cache(lambda width: cohort.stream("dropout"))

    def draws(step: int, width: int, again: int) -> torch.Generator:
        # Not everybody passes a batch again, and who does not must find the same stream afterwards.
        return cohort.stream("dropout", f"again {again} at {step}") if again else first(width)

    step = 0
    for _ in range(training.epochs):
        for rows in torch.split(torch.randperm(len(problem.train), generator=order), training.batch_size):
            tokens, labels = (each.index_select(0, rows) for each in (problem.train.tokens, problem.train.labels))
            yield Batch(
                tokens=tokens.to(cohort.device), labels=labels.to(cohort.device),
                step=step, progress=step / steps, draws=partial(draws, step),
            )  # fmt: skip
            step += 1


def shares_pairs(configuration: Configuration, problem: Problem, device: str = "cpu") -> bool:
    """Whether this problem's batches repeat their features enough for the hidden layer to be computed by pairs.

    Never on a GPU: there the dense product costs less than the launches of many small ones.
    """
    sample = problem.train.sample(configuration.training.batch_size)
    return device == "cpu" and worthwhile_pairs(sample.tokens, configuration.model.width) is not None


def count_steps(training: TrainingSettings, problem: Problem) -> int:
    """Optimiser steps of a run; the last, smaller batch of an epoch counts."""
    return training.epochs * -(-len(problem.train) // training.batch_size)


def evaluation_steps(training: TrainingSettings, problem: Problem) -> list[int]:
    """After which steps to evaluate: evenly spaced, increasing, the last step always among them."""
    steps = count_steps(training, problem)
    points = min(training.evaluations or training.epochs, steps)
    return [round(steps * point / points) for point in range(1, points + 1)]

"""Cohort and Batch: what the runs that are trained side by side share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property, partial

import torch
from torch import Tensor

from harness.plugin.problem import Problem
from harness.study.configuration import Configuration, TrainingSettings
from harness.training import streams
from harness.training._pairs import Pairs, find_pairs
from harness.training.dropout import DropoutBits, random_bits


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """Configurations with the same batch size and number of epochs, to be trained at one seed index on one device.

    ``unsealed``: whether the test split is measured too, after training.
    """

    configurations: tuple[Configuration, ...]
    study_seed: int
    seed_index: int
    device: str = "cpu"
    unsealed: bool = False

    def __post_init__(self) -> None:
        settings = [configuration.training for configuration in self.configurations]
        lengths = {(training.epochs, training.batch_size) for training in settings}
        if len(lengths) > 1:
            raise ValueError(f"a cohort shares its epochs and batch size, got {sorted(lengths)}")

    def stream(self, role: streams.Role, name: str = "") -> torch.Generator:
        """A new generator at the start of the cohort's stream for a role; ``name`` as in ``streams.generator``."""
        return streams.generator(self.study_seed, self.seed_index, role, name)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The batch of one training step, shared by all runs of a cohort.

    ``tokens``: ``(batch, features)``. ``labels``: ``(batch,)``. ``step``: counted from 0. ``progress``: the share of
    all steps that lie before this one, in [0, 1). ``draws``: (hidden width, number of the pass) → generator to draw
    random bits from. ``drawn``: (hidden width, number of the pass) → random bits that were drawn before.
    """

    tokens: Tensor
    labels: Tensor
    step: int
    progress: float
    draws: Callable[[int, int], torch.Generator]
    drawn: dict[tuple[int, int], DropoutBits] = field(default_factory=dict)

    @cached_property
    def pairs(self) -> Pairs:
        """The distinct (position, feature) pairs of ``tokens``, computed once for the cohort."""
        return find_pairs(self.tokens)

    def bits(self, width: int, again: int = 0) -> DropoutBits:
        """``(batch, width)`` random bits for dropout, drawn once for all runs with ``width`` hidden units.

        ``again``: number of passes over this batch that the run has made before; 0 for most runs. Each width and each
        further pass has a stream of its own, so that the draws of one run never shift those of another.
        """
        if (width, again) not in self.drawn:
            bits = random_bits((len(self.labels), width), self.draws(width, again))
            self.drawn[width, again] = DropoutBits(bits.to(self.labels.device))
        return self.drawn[width, again]


def batches(cohort: Cohort, problem: Problem) -> Iterator[Batch]:
    """The batches of every epoch, in an order and with random bits for dropout that depend on the seeds alone."""
    training = cohort.configurations[0].training
    steps = count_steps(training, problem)
    order = cohort.stream("order")
    first = cache(lambda width: cohort.stream("dropout"))

    def draws(step: int, width: int, again: int) -> torch.Generator:
        # Further passes have a stream per step: the first pass of the next step draws the same without them.
        return cohort.stream("dropout", f"again {again} at {step}") if again else first(width)

    step = 0
    for _ in range(training.epochs):
        for rows in torch.split(torch.randperm(len(problem.train), generator=order), training.batch_size):
            tokens, labels = (whole.index_select(0, rows) for whole in (problem.train.tokens, problem.train.labels))
            yield Batch(
                tokens=tokens.to(cohort.device), labels=labels.to(cohort.device),
                step=step, progress=step / steps, draws=partial(draws, step),
            )  # fmt: skip
            step += 1


def count_steps(training: TrainingSettings, problem: Problem) -> int:
    """Training steps of a run; the last, smaller batch of an epoch counts as one."""
    return training.epochs * -(-len(problem.train) // training.batch_size)


def evaluation_steps(training: TrainingSettings, problem: Problem) -> list[int]:
    """The steps, counted from 1, after which a run is evaluated: evenly spaced, the last step always among them."""
    steps = count_steps(training, problem)
    points = min(training.evaluations or training.epochs, steps)
    return [round(steps * point / points) for point in range(1, points + 1)]

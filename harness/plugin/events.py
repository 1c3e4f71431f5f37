"""The events of a run that observers receive, one plain object each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.study.configuration import Configuration
    from harness.training.model import EmbeddingClassifier


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened in a run; ``configuration`` and ``seed_index`` identify the run.

    ``step``: optimiser steps taken so far, of ``steps`` in the whole run. ``model``: the model in training; an observer
    may look at it, never change it.
    """

    configuration: Configuration
    seed_index: int
    step: int
    steps: int
    model: EmbeddingClassifier


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """The weights are initialised; no step has been taken."""


@dataclass(frozen=True, kw_only=True)
class StepTaken(Event):
    """An optimiser step has been taken; the model's gradients are those of the step."""


@dataclass(frozen=True, kw_only=True)
class Evaluated(Event):
    """The model was evaluated. ``measurements``: metric (``train_loss``, ``dev_accuracy``, …) → value at this step."""

    measurements: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class RunEnded(Event):
    """The last event of a run. ``reason``: why the run failed; '' if it did not."""

    reason: str

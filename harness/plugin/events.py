"""What observers are told: one plain object per event of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.study.configuration import Configuration
    from harness.training.model import EmbeddingClassifier


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened in a run, which ``configuration`` and ``seed_index`` identify.

    ``step``: optimiser steps taken so far, of ``steps`` in the whole run. ``model``: the one that is trained, to look
    at, never to change.
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
    """An optimiser step has been taken; the gradients are those it used."""


@dataclass(frozen=True, kw_only=True)
class Evaluated(Event):
    """The model was evaluated. ``measurements``: metric → its value here, as ``train_loss``, ``dev_accuracy``."""

    measurements: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class RunEnded(Event):
    """The last event of a run. ``reason``: why it failed, or '' where it did not."""

    reason: str

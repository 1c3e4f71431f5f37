"""Stand-ins that train beside a component under examination: a small problem, and a plain partner of every kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import torch
from torch import Generator, Tensor, nn

from harness.plugin import kinds
from harness.plugin.component import Component, Offer, Provider, component_from
from harness.plugin.kinds import KINDS, Kind
from harness.plugin.problem import Problem, Split, Vocabulary
from harness.plugin.regulariser import Regulariser

ROWS, CLASSES, FEATURES = 60, 3, 5
"""Sizes of the problem: rows of the vocabulary, classes, and features of an example."""


DROP_RATE = 0.2
"""The drop rate of the dropout partner."""


def _embedding(weight: Tensor, vocabulary: Vocabulary, *, generator: Generator) -> None:
    weight.normal_(generator=generator)
    # A part of it shows the class, so that the loss soon falls so far that flooding, say, begins to act.
    rows = torch.arange(len(weight))
    weight[rows, rows % CLASSES] += 2


def _initialiser(weight: Tensor, *, generator: Generator) -> None:
    weight.uniform_(-0.3, 0.3, generator=generator)


def _optimiser(model: nn.Module, *, lr: float = 0.5) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr=lr, momentum=0.5)


def _lr_schedule(progress: float) -> float:
    return 1.0


def _dropout(progress: float) -> float:
    return DROP_RATE


PARTNERS: Mapping[Kind, Callable[..., Any]] = {
    kinds.EMBEDDING: _embedding, kinds.INITIALISER: _initialiser, kinds.OPTIMISER: _optimiser,
    kinds.LR_SCHEDULE: _lr_schedule, kinds.DROPOUT: _dropout, kinds.REGULARISER: Regulariser,
}  # fmt: skip
"""Kind → the callable that builds its partner, as plain as a model can learn with."""


def partner(kind: Kind, build: Callable[..., Any] | None = None) -> Component:
    """The partner of a kind. ``build``: a callable to use in its place."""
    return component_from(kind, "partner", Offer(build=build or PARTNERS[kind]), Provider(plugin=""))


# A partner keeps nothing from one training to the next, so all rehearsals of a process can share them.
_partner = cache(partner)


class StandInRegistry:
    """In place of a Registry: whatever the name, it gives these components, and a partner for every other kind."""

    def __init__(self, *components: Component) -> None:
        self._components = {component.kind.choice: component for component in components}

    def component(self, choice: str, name: str) -> Component:
        """The component of a choice, else the partner; ``name`` does not matter."""
        return self._components.get(choice) or _partner(KINDS[choice])


@cache  # drawn once a process; problem() gives copies of these tensors
def _data() -> tuple[Split, ...]:
    """The train, dev and test splits."""
    generator = torch.Generator().manual_seed(1)

    def split(count: int) -> Split:
        labels = torch.randint(CLASSES, (count,), generator=generator)
        labels[:9] = torch.arange(9) % CLASSES
        drawn = torch.rand(count, FEATURES, generator=generator).pow(2) * 39 / CLASSES
        tokens = drawn.to(torch.int32) * CLASSES + labels[:, None].to(torch.int32)
        tokens[:9, -1] = 39 + torch.arange(9, dtype=torch.int32)
        return Split(tokens=tokens, labels=labels)

    return split(190), split(60), split(60)


def problem() -> Problem:
    """A problem with 190 training examples, each with five features that show its class; new tensors at every call.

    Rows 39 to 47 of the vocabulary occur once in training, later rows never.
    """
    train, dev, test = (Split(tokens=split.tokens.clone(), labels=split.labels.clone()) for split in _data())
    texts = ("<unk>", *(f"word{number}" for number in range(1, ROWS)))
    return Problem(
        name="specimen", train=train, dev=dev, test=test, num_classes=CLASSES,
        vocabulary=Vocabulary(texts=texts, kinds=("word",) * ROWS),
    )  # fmt: skip

"""Problem: a classification task over integer features, with its splits, its vocabulary and its own metrics."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from harness.errors import PluginError
from harness.metric import STANDARD_METRICS, Direction

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

Predict = Callable[[Tensor], Tensor]
"""``(examples, features)`` tokens → ``(examples, classes)`` logits, in eval mode, without gradients."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Split:
    """The examples of one split.

    ``tokens``: ``(examples, features)`` int32, rows of the embedding. ``labels``: ``(examples,)`` int64, from 0.
    """

    tokens: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def sample(self, count: int) -> Split:
        """``count`` of the examples, evenly spaced and always the same; the whole split if it has no more."""
        if count >= len(self):
            return self
        rows = torch.arange(count) * len(self) // count
        return Split(tokens=self.tokens[rows], labels=self.labels[rows])


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """What the rows of the embedding stand for: each row has a text and a kind (``word``, ``tag``, a column's name …).

    A text in angle brackets, ``<null>``, stands for no text of the data (NULL, ROOT, UNK).
    """

    texts: tuple[str, ...]
    kinds: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.texts) != len(self.kinds):
            raise ValueError(f"{len(self.texts)} texts but {len(self.kinds)} kinds")

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def rows(self) -> Mapping[tuple[str, str], int]:
        """``(kind, text)`` → row of the embedding."""
        return {key: row for row, key in enumerate(zip(self.kinds, self.texts, strict=True))}


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """A classification task over integer features.

    ``metrics``: the problem's metrics beside loss and accuracy, each with its better direction.
    ``score``: (predict, name of a split: ``train``, ``dev``, ``test``) → value of each of ``metrics``.
    ``score_data``: by name, every array that ``score`` reads beside tokens and labels, as the gold trees of sentences:
    they are a part of ``digest``, and are used for nothing else.
    ``conventions``: what a reader must know to compare the metrics with other people's; printed beside the metrics.
    """

    name: str
    train: Split
    dev: Split
    test: Split
    num_classes: int
    vocabulary: Vocabulary
    metrics: Mapping[str, Direction] = field(default_factory=dict)
    score: Callable[[Predict, str], Mapping[str, float]] = lambda predict, split: {}
    score_data: Mapping[str, Tensor | np.ndarray] = field(default_factory=dict)
    conventions: str = ""

    def __post_init__(self) -> None:
        for name, split in (("train", self.train), ("dev", self.dev)):  # not test: that stays sealed
            if not len(split) or split.tokens.dim() != 2 or len(split.tokens) != len(split):
                raise self._wrong(f"{name} has tokens {tuple(split.tokens.shape)}, labels {tuple(split.labels.shape)}")
            for what, values, limit in (
                ("tokens", split.tokens, len(self.vocabulary)),
                ("labels", split.labels, self.num_classes),
            ):
                low, high = int(values.min()), int(values.max())
                if low < 0 or high >= limit:
                    raise self._wrong(f"{name} has {what} from {low} to {high}, allowed are 0 to {limit - 1}")
        if self.dev.tokens.shape[1] != self.num_features:
            raise self._wrong(f"train has {self.num_features} features, dev has {self.dev.tokens.shape[1]}")

    def _wrong(self, message: str) -> PluginError:
        return PluginError(f"problem {self.name!r}: {message}")

    @property
    def num_features(self) -> int:
        """The number of features of an example."""
        return self.train.tokens.shape[1]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what the problem holds: where it is the same, the same numbers come out.

        It is of the content alone: the examples of all three splits, the vocabulary, the metrics, their conventions and
        what scoring reads; not of the name, the code that prepared it, a path or a version. The test split is hashed,
        and not looked at.
        """
        texts = {
            "num_classes": self.num_classes, "vocabulary": [self.vocabulary.texts, self.vocabulary.kinds],
            "metrics": dict(self.metrics), "conventions": self.conventions,
        }  # fmt: skip
        digest = hashlib.sha256(json.dumps(texts, sort_keys=True).encode())
        for name, split in (("train", self.train), ("dev", self.dev), ("test", self.test)):
            for what, numbers in (("tokens", split.tokens), ("labels", split.labels)):
                _add(digest, f"{name}.{what}", numbers.to(torch.int32).numpy())
        for name in sorted(self.score_data):
            array = np.asarray(self.score_data[name])
            _add(digest, f"score_data.{name}", array.astype(np.float64 if array.dtype.kind == "f" else np.int64))
        return digest.hexdigest()

    def directions(self) -> dict[str, Direction]:
        """Every metric that a study may name (``dev_loss``, ``dev_accuracy``, …) → the direction that is better."""
        return {f"dev_{name}": way for name, way in {**STANDARD_METRICS, **self.metrics}.items()}


def _add(digest: Hash, name: str, array: np.ndarray) -> None:
    """Hash an array with its name and shape. Its type is the caller's: how many bits hold a number is no content."""
    digest.update(f"{name} {array.shape}".encode())
    digest.update(np.ascontiguousarray(array).data)

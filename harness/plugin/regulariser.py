"""Regulariser: what may be changed of a training step, method by method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Generator, Tensor

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from harness.plugin.problem import Split, Vocabulary
    from harness.training.model import EmbeddingClassifier


@dataclass(frozen=True, kw_only=True)
class Step:
    """Where training stands. ``tokens``: ``(batch, features)`` as the model sees them; ``labels``: ``(batch,)``.

    ``number`` counts from 0; ``progress`` is the share of the steps that lie before it, in [0, 1).
    """

    tokens: Tensor
    labels: Tensor
    number: int
    progress: float


class Regulariser:
    """A subclass overrides what it needs; what is left alone changes nothing.

    Several may be on at once: each method is called in the order in which the study lists them, so that a gradient
    passes through the first one first. One of them, or the optimiser, may have weights of its own to evaluate. A pass
    is one forward and, but for ``again``, one backward. ``generator``, the only source of randomness, is put in a state
    of its own before each pass, so that all passes of a step draw alike; ``model`` is the one that is trained.
    """

    model: EmbeddingClassifier
    generator: Generator

    def start(self, model: EmbeddingClassifier, train: Split, vocabulary: Vocabulary) -> None:
        """Once, before the first step, with the starting weights and the training examples."""

    def tokens(self, tokens: Tensor) -> Tensor:
        """``(batch, features)`` tokens → those that the model is to see instead; the given ones stay as they are."""
        return tokens

    def embedded(self, embedded: Tensor) -> Tensor:
        """``(batch, features, embedding_dim)`` looked-up vectors → those that are concatenated instead.

        Overriding it costs speed: the hidden layer is then computed example by example.
        """
        return embedded

    def hidden(self, hidden: Tensor) -> Tensor:
        """``(batch, hidden_dim)`` hidden units after the ReLU → what dropout is applied to instead."""
        return hidden

    def loss(self, loss: Tensor, logits: Tensor, labels: Tensor, again: Callable[[], tuple[Tensor, Tensor]]) -> Tensor:
        """The batch's mean loss as it is so far → what is minimised instead.

        ``logits``: ``(batch, classes)``. ``again``: another forward pass, with other dropout masks and other noise,
        which counts as a pass: its logits, and its loss as the regularisers before this one have made it.
        """
        return loss

    def gradient(self, compute: Callable[[], Tensor], step: Step) -> Tensor:
        """Around a pass: ``compute()`` leaves the gradients in ``.grad`` and returns the loss.

        It may change the weights before and put them back after, change the gradients after, or compute twice; it
        returns the loss to report, that of the first computation.
        """
        return compute()

    def after(self, optimiser: Optimizer, step: Step) -> None:
        """After the optimiser's step; the learning rate of a parameter stands in its group."""

    def eval(self) -> None:
        """Put the weights to evaluate into the model: called before each evaluation, and at the end of training."""

    def train(self) -> None:
        """Put the weights to train back: called before the next step."""

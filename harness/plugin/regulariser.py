"""Regulariser: the base class of plugins that change a training step, with one method for each place of a change."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Generator, Tensor

if TYPE_CHECKING:
    from torch.optim import Optimizer

    from harness.plugin.problem import Split, Vocabulary
    from harness.training.model import EmbeddingClassifier


@dataclass(frozen=True, kw_only=True)
class Step:
    """A training step. ``tokens``: ``(batch, features)``, as the model sees them; ``labels``: ``(batch,)``.

    ``number``: the step's number, from 0. ``progress``: the share of all steps that lie before this one, in [0, 1).
    """

    tokens: Tensor
    labels: Tensor
    number: int
    progress: float


def _signature(method: Callable[..., Any]) -> inspect.Signature:
    """What a method takes; where a decorator hands everything on, what the decorated one takes."""
    own = inspect.signature(method, follow_wrapped=False)
    anything = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    return inspect.signature(method) if {each.kind for each in own.parameters.values()} == anything else own


class Regulariser:
    """A subclass overrides the methods it needs; the methods of this class change nothing.

    Several regularisers may act at once: each method is called in the order in which the study lists the regularisers,
    so that a gradient passes through the first one first. One regulariser, or the optimiser, may evaluate other weights
    than it trains. A pass is one forward and, but for ``again``, one backward. ``generator`` is the only source of
    randomness; the harness sets its state before each pass, so that all passes of a step draw alike. ``model`` is the
    model in training.
    """

    model: EmbeddingClassifier
    generator: Generator

    def __init_subclass__(cls, **keywords: Any) -> None:
        """TypeError, with the right signature, for a subclass whose method cannot be called as the harness calls it."""
        super().__init_subclass__(**keywords)
        for name, base in vars(Regulariser).items():
            if name.startswith("_") or not inspect.isfunction(base) or getattr(cls, name) is base:
                continue
            wanted = list(inspect.signature(base).parameters)
            if not callable(getattr(cls, name)):
                raise TypeError(f"{cls.__name__}.{name} is called as {name}({', '.join(wanted)}), got no method")
            is_bound = not inspect.isfunction(inspect.getattr_static(cls, name))  # a static or a class method
            signature = _signature(getattr(cls, name))
            try:
                signature.bind(*wanted[is_bound:])
            except TypeError:
                raise TypeError(
                    f"{cls.__name__}.{name} is called as {name}({', '.join(wanted)}), got {name}{signature}"
                ) from None

    def start(self, model: EmbeddingClassifier, train: Split, vocabulary: Vocabulary) -> None:
        """Called once, before the first step; ``model`` has its starting weights. ``train``: the training examples."""

    def tokens(self, tokens: Tensor) -> Tensor:
        """``(batch, features)`` tokens → the tokens that the model sees instead, as a new tensor."""
        return tokens

    def embedded(self, embedded: Tensor) -> Tensor:
        """``(batch, features, embedding_dim)`` looked-up vectors → the vectors that are concatenated instead.

        A subclass that overrides this method costs speed: the hidden layer is then computed example by example.
        """
        return embedded

    def hidden(self, hidden: Tensor) -> Tensor:
        """``(batch, hidden_dim)`` hidden units after the ReLU → the units that dropout is applied to instead."""
        return hidden

    def loss(self, loss: Tensor, logits: Tensor, labels: Tensor, again: Callable[[], tuple[Tensor, Tensor]]) -> Tensor:
        """The batch's mean loss, as the regularisers before this one made it → the loss that is minimised instead.

        ``logits``: ``(batch, classes)``. ``again``: makes another forward pass, with other dropout masks and noise,
        and returns its logits and its loss, as the regularisers before this one make it. The pass is counted.
        """
        return loss

    def gradient(self, compute: Callable[[], Tensor], step: Step) -> Tensor:
        """Called in place of a pass: ``compute()`` makes the pass, leaves the gradients in ``.grad``, returns the loss.

        An override may change the weights for the pass and restore them, change the gradients after it, or compute
        twice. It returns the loss to report: that of the first computation.
        """
        return compute()

    def after(self, optimiser: Optimizer, step: Step) -> None:
        """Called after the optimiser's step; a parameter group's ``lr`` is the learning rate of the step."""

    def eval(self) -> None:
        """Called before each evaluation and at the end of training: put the weights to evaluate into the model."""

    def train(self) -> None:
        """Called before the next step: put the weights in training back."""

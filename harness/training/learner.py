"""Learner: a model, its optimiser, schedules and regularisers, and the training step.

``Learner.step`` is the textbook's: forward, loss, zero, backward, step. Before it, ``apply_schedules`` writes the drop
rate into the model and the learning rate into the optimiser; ``_forward`` gives the dropout its random bits.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from harness.plugin.regulariser import Regulariser, Step
from harness.plugin.together import needs_closure
from harness.training._pairs import find_pairs
from harness.training.cohort import Batch
from harness.training.model import EmbeddingClassifier
from harness.training.streams import reseed


class Learner:
    """The model of one run and all that trains it. ``passes``: forward passes over a batch so far.

    ``drop_rate``: (progress, step) → drop rate of the hidden units, in [0, 1). ``lr_factor``: progress → factor on the
    lr of each parameter group. ``regularisers``: in the order in which they act, each with its own generator.
    ``shares_pairs``: whether to compute the hidden layer once per distinct (position, feature) pair of a batch; it is
    computed example by example all the same if the optimiser or a regulariser needs that.
    """

    def __init__(
        self,
        *,
        model: EmbeddingClassifier,
        optimiser: Optimizer,
        drop_rate: Callable[[float, int], float],
        lr_factor: Callable[[float], float],
        regularisers: Sequence[Regulariser] = (),
        shares_pairs: bool,
    ) -> None:
        self.model = model
        self.optimiser = optimiser
        self.drop_rate = drop_rate
        self.lr_factor = lr_factor
        self.regularisers = tuple(regularisers)
        self.needs_graph = bool(getattr(optimiser, "needs_graph", False))
        self.shares_pairs = shares_pairs and not self.needs_graph and not _overriding("embedded", self.regularisers)
        _check_compatible(optimiser, self.regularisers, needs_graph=self.needs_graph)
        self.passes = 0
        self._needs_closure = needs_closure(optimiser)
        self._lrs = [group.get("lr") for group in optimiser.param_groups]
        self._factor = 1.0
        # Whether the model holds the trained weights; False while it holds those to evaluate (an average, say).
        self._has_trained_weights = False
        self._trained_weights: list[Tensor] = []  # a copy, while the model holds those to evaluate
        self._seeds = [regulariser.generator.initial_seed() for regulariser in self.regularisers]
        self._hooks = ExitStack()
        for regulariser in self.regularisers:
            self._hook(regulariser)

    def _hook(self, regulariser: Regulariser) -> None:
        """Register a regulariser's ``embedded`` and ``hidden`` as hooks of the model that act in train mode."""

        def embedded(module: torch.nn.Module, given: object, output: Tensor) -> Tensor | None:
            return regulariser.embedded(output) if module.training else None

        def hidden(module: torch.nn.Module, given: tuple[Tensor]) -> tuple[Tensor] | None:
            return (regulariser.hidden(*given),) if module.training else None

        if _overriding("embedded", [regulariser]):
            self._hooks.callback(self.model.embedding.register_forward_hook(embedded).remove)
        if _overriding("hidden", [regulariser]):
            self._hooks.callback(self.model.dropout.register_forward_pre_hook(hidden).remove)

    def apply_schedules(self, progress: float, step: int) -> None:
        """Write the drop rate into the model's dropout, and the learning rates into the optimiser's groups.

        ValueError for a rate or factor out of range, TypeError for one that is no number.
        """
        rate, factor = self.drop_rate(progress, step), self.lr_factor(progress)
        for value, what in ((rate, "a dropout schedule gives a drop rate"), (factor, "an lr schedule gives a factor")):
            if not isinstance(value, int | float):
                raise TypeError(f"{what}, a float, got {value!r}")
        self.model.dropout.rate = rate
        if factor == self._factor:
            return  # not written again: some optimisers move their lr themselves
        if not 0 <= factor < float("inf"):
            raise ValueError(f"an lr schedule gives a finite factor of at least 0, got {factor!r}")
        for group, lr in zip(self.optimiser.param_groups, self._lrs, strict=True):
            if lr is None:
                raise ValueError("the optimiser has a parameter group without lr, which no lr schedule can change")
            group["lr"] = lr * factor
        self._factor = factor

    def train(self) -> None:
        """Put the model, the optimiser and the regularisers in train mode."""
        self.model.train()
        if not self._has_trained_weights:
            for regulariser in self.regularisers:
                regulariser.train()
            if _call_if_there(self.optimiser, "train"):
                self._restore_trained_weights()
        self._has_trained_weights = True

    def eval(self) -> None:
        """Put the model, the optimiser and the regularisers in eval mode: the model holds the weights to evaluate."""
        self.model.eval()
        if self._has_trained_weights:
            if callable(getattr(self.optimiser, "eval", None)):
                self._trained_weights = [weight.detach().clone() for weight in self.model.parameters()]
            _call_if_there(self.optimiser, "eval")
            for regulariser in self.regularisers:
                regulariser.eval()
        self._has_trained_weights = False

    @torch.no_grad()
    def _restore_trained_weights(self) -> None:
        """Copy the saved trained weights back into the model, bit for bit.

        An optimiser that computes them from the evaluated weights rounds, so that evaluating would change training.
        """
        # Before the first step, no weights are saved.
        for weight, trained in zip(self.model.parameters(), self._trained_weights, strict=False):
            weight.copy_(trained)
        self._trained_weights = []

    def finish(self) -> EmbeddingClassifier:
        """The model with the weights to evaluate, free of all hooks, bits and graphs; no step may follow."""
        self.eval()
        self._hooks.close()
        self._trained_weights = []
        if self.needs_graph:
            self.optimiser.zero_grad()  # a gradient with a graph holds on to the whole last step
        self.model.dropout.bits = None
        return self.model

    def step(self, batch: Batch) -> Tensor:
        """The textbook's step: forward, loss, zero, backward, step. Returns the loss, detached."""
        self.apply_schedules(batch.progress, batch.step)
        self.train()
        batch.bits(self.model.hidden.out_features)  # even if this optimiser skips its closure: others need them
        step = self.prepare_step(batch)
        if self._needs_closure:
            loss: Any = self.optimiser.step(lambda: self.gradient(batch, step))  # type: ignore[arg-type,return-value]
        else:
            loss = self.gradient(batch, step)
            self.optimiser.step()
        for regulariser in self.regularisers:
            regulariser.after(self.optimiser, step)
        return torch.as_tensor(loss).detach()

    def prepare_step(self, batch: Batch) -> Step:
        """The Step for a batch, with the tokens as the regularisers change them."""
        tokens = batch.tokens
        for number, regulariser in enumerate(self.regularisers):
            self._reseed(number, batch.step, 0)
            tokens = regulariser.tokens(tokens)
        return Step(tokens=tokens, labels=batch.labels, number=batch.step, progress=batch.progress)

    def gradient(self, batch: Batch, step: Step) -> Tensor:
        """Forward, loss, zero, backward; returns the loss. Every call for the same step draws the same noise."""

        def compute() -> Tensor:
            for number in range(len(self.regularisers)):
                self._reseed(number, step.number, 2)
            _, loss = self._forward(batch, step, itertools.count(), len(self.regularisers))
            self.optimiser.zero_grad()
            if self.needs_graph:
                _backward_with_graph(loss, self.model)
            else:
                loss.backward()  # type: ignore[no-untyped-call]
            return loss

        def around(number: int, inner: Callable[[], Tensor]) -> Tensor:
            self._reseed(number, step.number, 1)
            loss: Tensor | None = self.regularisers[number].gradient(inner, step)
            if loss is None:
                raise TypeError("a regulariser's gradient() returned None: return the loss that compute() gives")
            return loss

        for number in range(len(self.regularisers)):
            compute = partial(around, number, compute)
        return compute()

    def _forward(self, batch: Batch, step: Step, masks: itertools.count[int], before: int) -> tuple[Tensor, Tensor]:
        """One forward pass: ``(batch, classes)`` logits, and the loss as the first ``before`` regularisers make it.

        ``masks``: counts the passes over this batch; each pass has its own random bits for dropout.
        """
        self.model.dropout.bits = batch.bits(self.model.hidden.out_features, next(masks))
        pairs = None
        if self.shares_pairs:
            pairs = batch.pairs if step.tokens is batch.tokens else find_pairs(step.tokens)
        self.passes += 1
        logits = self.model(step.tokens, pairs)
        loss = cross_entropy(logits, step.labels)
        for number, regulariser in enumerate(self.regularisers[:before]):
            loss = regulariser.loss(loss, logits, step.labels, partial(self._forward, batch, step, masks, number))
        return logits, loss

    def _reseed(self, number: int, step: int, use: int) -> None:
        """Reset a regulariser's generator for its use in a step: 0 ``tokens``, 1 ``gradient``, 2 a pass."""
        reseed(self.regularisers[number].generator, self._seeds[number], 3 * step + use + 1)  # number 0 was start()'s


def _overriding(method: str, regularisers: Sequence[Regulariser]) -> list[str]:
    """The class names of the regularisers that override a method."""
    inherited = getattr(Regulariser, method)
    return [cls.__name__ for cls in map(type, regularisers) if getattr(cls, method) is not inherited]


def _check_compatible(optimiser: Optimizer, regularisers: Sequence[Regulariser], *, needs_graph: bool) -> None:
    """ValueError if the optimiser or a regulariser would silently have no effect beside the others."""
    if needs_graph and _overriding("gradient", regularisers):
        raise ValueError(
            "the optimiser differentiates the gradient once more (needs_graph), "
            "and a regulariser that changes the gradient or the weights for a pass would be left out of that"
        )
    averaging = _overriding("eval", regularisers)
    averaging += [type(optimiser).__name__] * callable(getattr(optimiser, "eval", None))
    if len(averaging) > 1:
        raise ValueError(
            f"{' and '.join(averaging)} all have weights of their own to evaluate, of which one only would be seen"
        )


def _backward_with_graph(loss: Tensor, model: EmbeddingClassifier) -> None:
    """``loss.backward(create_graph=True)`` without torch's warning of a memory leak: zero_grad() breaks the cycle."""
    parameters = list(model.parameters())
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters, create_graph=True), strict=True):
        parameter.grad = gradient


def _call_if_there(optimiser: Optimizer, name: str) -> bool:
    """Call a method that not every optimiser has; returns whether this one has it."""
    method = getattr(optimiser, name, None)
    if callable(method):
        method()
    return callable(method)

"""A learner, a model and what trains it; and its training step."""

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
    """What a run trains. ``passes``: of the model over a batch, so far.

    ``drop_rate``: progress and step → drop rate of the hidden units. ``lr_factor``: progress → factor on each lr.
    ``regularisers``: in order, each with its own generator. ``shares_pairs``: whether the hidden layer is computed once
    per distinct (position, feature) pair of a batch.
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
        _check_company(optimiser, self.regularisers, needs_graph=self.needs_graph)
        self.passes = 0
        self._needs_closure = needs_closure(optimiser)
        self._lrs = [group.get("lr") for group in optimiser.param_groups]
        self._factor = 1.0
        self._trains = False  # which weights an optimiser or regulariser with two kinds of them has in the model
        self._trained: list[Tensor] = []
        self._noise = [each.generator.initial_seed() for each in self.regularisers]
        self._hooks = ExitStack()
        for each in self.regularisers:
            self._hook(each)

    def _hook(self, each: Regulariser) -> None:
        def embedded(module: torch.nn.Module, given: object, found: Tensor) -> Tensor | None:
            return each.embedded(found) if module.training else None

        def hidden(module: torch.nn.Module, given: tuple[Tensor]) -> tuple[Tensor] | None:
            return (each.hidden(*given),) if module.training else None

        if _overriding("embedded", [each]):
            self._hooks.callback(self.model.embedding.register_forward_hook(embedded).remove)
        if _overriding("hidden", [each]):
            self._hooks.callback(self.model.dropout.register_forward_pre_hook(hidden).remove)

    def schedule(self, progress: float, step: int) -> None:
        """Set what changes over training."""
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
        """Train mode, of the model, the optimiser and the regularisers."""
        self.model.train()
        if not self._trains:
            for each in self.regularisers:
                each.train()
            if _call(self.optimiser, "train"):
                self._restore()
        self._trains = True

    def eval(self) -> None:
        """Eval mode, of the model, the optimiser and the regularisers."""
        self.model.eval()
        if self._trains:
            if callable(getattr(self.optimiser, "eval", None)):
                self._trained = [each.detach().clone() for each in self.model.parameters()]
            _call(self.optimiser, "eval")
            for each in self.regularisers:
                each.eval()
        self._trains = False

    @torch.no_grad()
    def _restore(self) -> None:
        """The bits that were trained: one that computes them from what was evaluated rounds, once an evaluation."""
        for each, trained in zip(self.model.parameters(), self._trained, strict=False):  # none before the first step
            each.copy_(trained)
        self._trained = []

    def finish(self) -> EmbeddingClassifier:
        """The model as it is evaluated, free of what trained it."""
        self.eval()
        self._hooks.close()
        self._trained = []
        if self.needs_graph:
            self.optimiser.zero_grad()  # a gradient with a graph holds on to the whole last step
        self.model.dropout.bits = None
        return self.model

    def step(self, batch: Batch) -> Tensor:
        """The textbook's step: forward, loss, zero, backward, step. Returns the loss, detached."""
        self.schedule(batch.progress, batch.step)
        self.train()
        batch.bits(self.model.hidden.out_features)  # also where an optimiser skips its closure: others may want them
        step = self.look(batch)
        if self._needs_closure:
            loss: Any = self.optimiser.step(lambda: self.gradient(batch, step))  # type: ignore[arg-type,return-value]
        else:
            loss = self.gradient(batch, step)
            self.optimiser.step()
        for each in self.regularisers:
            each.after(self.optimiser, step)
        return torch.as_tensor(loss).detach()

    def look(self, batch: Batch) -> Step:
        """A batch as the model is to see it."""
        tokens = batch.tokens
        for number, each in enumerate(self.regularisers):
            self._reseed(number, batch.step, 0)
            tokens = each.tokens(tokens)
        return Step(tokens=tokens, labels=batch.labels, number=batch.step, progress=batch.progress)

    def gradient(self, batch: Batch, step: Step) -> Tensor:
        """Forward, loss, zero, backward; what noise there is, is the same at every call for a step."""

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
        """Logits, and the loss as the first ``before`` regularisers make it."""
        self.model.dropout.bits = batch.bits(self.model.hidden.out_features, next(masks))
        pairs = None
        if self.shares_pairs:
            pairs = batch.pairs if step.tokens is batch.tokens else find_pairs(step.tokens)
        self.passes += 1
        logits = self.model(step.tokens, pairs)
        loss = cross_entropy(logits, step.labels)
        for number, each in enumerate(self.regularisers[:before]):
            loss = each.loss(loss, logits, step.labels, partial(self._forward, batch, step, masks, number))
        return logits, loss

    def _reseed(self, number: int, step: int, use: int) -> None:
        """Put a regulariser's generator in the state that it has for one of its three uses in a step."""
        reseed(self.regularisers[number].generator, self._noise[number], 3 * step + use + 1)  # start() had the first


def _overriding(method: str, regularisers: Sequence[Regulariser]) -> list[str]:
    """Those that have that method of their own."""
    own = (each for each in map(type, regularisers) if getattr(each, method) is not getattr(Regulariser, method))
    return [each.__name__ for each in own]


def _check_company(optimiser: Optimizer, regularisers: Sequence[Regulariser], *, needs_graph: bool) -> None:
    """ValueError for those of which one would silently be without effect."""
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
    """``loss.backward(create_graph=True)``, which torch warns of, because it leaves a cycle: ours ends at zero_grad."""
    parameters = list(model.parameters())
    for parameter, gradient in zip(parameters, torch.autograd.grad(loss, parameters, create_graph=True), strict=True):
        parameter.grad = gradient


def _call(optimiser: Optimizer, method: str) -> bool:
    """Whether it has that method, which is called."""
    found = getattr(optimiser, method, None)
    if callable(found):
        found()
    return callable(found)

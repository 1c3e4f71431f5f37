"""Regularisers at work on a small model in float64, in the order in which the training loop calls them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from harness import EmbeddingClassifier, Regulariser, Split, Step, Vocabulary
from harness.training.isolation import one_thread

ROWS, DIM, FEATURES, HIDDEN, CLASSES = 9, 4, 3, 5, 3
TEXTS = ("<null>", "<unk>", "a", "b", "c", "d", "<unk>", "X", "Y")
VOCABULARY = Vocabulary(texts=TEXTS, kinds=("word",) * 6 + ("tag",) * 3)
WITHOUT_UNKNOWN = Vocabulary(texts=tuple("abcdefghi"), kinds=("word",) * ROWS)
TRAIN = Split(
    # Of row 5 there is none.
    tokens=torch.tensor([[0, 2, 7], [2, 3, 8], [3, 2, 7], [4, 0, 7]], dtype=torch.int32),
    labels=torch.tensor([0, 2, 1, 1]),
)
STATE = 5
Computation = Callable[[], Tensor]


def classifier(sd: float = 1.0) -> EmbeddingClassifier:
    """The same weights at every call; biases that are not zero."""
    generator = torch.Generator().manual_seed(0)
    model = EmbeddingClassifier(
        (ROWS, DIM), num_features=FEATURES, hidden_dim=HIDDEN, num_classes=CLASSES, dropout=0.0, generator=generator
    ).double()
    with torch.no_grad():
        for each in model.parameters():
            each.copy_(sd * torch.randn(each.shape, dtype=torch.float64, generator=generator))
    return model


class Training:
    """``step`` trains on all of TRAIN; ``losses`` holds what was reported, ``passes`` counts."""

    def __init__(
        self,
        *regularisers: Regulariser,
        model: EmbeddingClassifier | None = None,
        optimiser: torch.optim.Optimizer | None = None,
        steps: int = 10,
        vocabulary: Vocabulary = VOCABULARY,
    ) -> None:
        self.model = model or classifier()
        self.optimiser = optimiser or torch.optim.SGD(self.model.parameters(), lr=0.1)
        self.regularisers: Sequence[Regulariser] = regularisers
        self.steps, self.number, self.passes = steps, 0, 0
        self.losses: list[float] = []
        self.tokens = TRAIN.tokens
        for each in regularisers:
            each.model, each.generator = self.model, torch.Generator()
            each.start(self.model, TRAIN, vocabulary)

    def step(self) -> None:
        self.gradient()
        self.optimiser.step()
        for each in self.regularisers:
            each.after(self.optimiser, self.where())
        self.number += 1

    def where(self) -> Step:
        return Step(tokens=self.tokens, labels=TRAIN.labels, number=self.number, progress=self.number / self.steps)

    def gradient(self, compute: Computation | None = None) -> Tensor:
        """The gradients of a step, the first regulariser being the innermost."""
        self._reseed()
        self.tokens = TRAIN.tokens
        for each in self.regularisers:
            self.tokens = each.tokens(self.tokens)
        compute = compute or self._compute
        for each in self.regularisers:
            compute = self._around(each, compute)
        with one_thread():
            loss = compute()
        self.losses.append(float(loss.detach()))
        return loss

    def _around(self, regulariser: Regulariser, inner: Computation) -> Computation:
        def compute() -> Tensor:
            self._reseed()
            return regulariser.gradient(inner, self.where())

        return compute

    def _compute(self) -> Tensor:
        self._reseed()
        _, loss = self.forward(len(self.regularisers))
        self.optimiser.zero_grad()
        loss.backward()
        return loss

    def forward(self, before: int) -> tuple[Tensor, Tensor]:
        """Logits, and the loss as the first ``before`` regularisers make it."""
        self.passes += 1
        embedded = self.model.embedding(self.tokens)
        for each in self.regularisers:
            embedded = each.embedded(embedded)
        hidden = torch.relu(self.model.hidden(embedded.flatten(1)))
        for each in self.regularisers:
            hidden = each.hidden(hidden)
        logits = self.model.output(hidden)
        loss = cross_entropy(logits, TRAIN.labels)
        for number, each in enumerate(self.regularisers[:before]):
            loss = each.loss(loss, logits, TRAIN.labels, lambda number=number: self.forward(number))
        return logits, loss

    def _reseed(self) -> None:
        for each in self.regularisers:
            each.generator.manual_seed(STATE + self.number)


def weights(model: EmbeddingClassifier) -> list[Tensor]:
    """Copies of every parameter."""
    return [each.detach().clone() for each in model.parameters()]


def named(model: EmbeddingClassifier) -> dict[str, Tensor]:
    """Copies of every parameter, by name."""
    return {name: each.detach().clone() for name, each in model.named_parameters()}


def gradients(model: EmbeddingClassifier) -> list[Tensor]:
    """Copies of every gradient."""
    return [each.grad.clone() for each in model.parameters()]


def same_bits(first: Sequence[Tensor], second: Sequence[Tensor]) -> bool:
    return all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


def plain_loss(model: EmbeddingClassifier) -> Tensor:
    """The textbook's loss of TRAIN, with a graph."""
    return cross_entropy(model(TRAIN.tokens), TRAIN.labels)


def plain_gradients(model: EmbeddingClassifier, loss: Callable[[EmbeddingClassifier], Tensor]) -> list[Tensor]:
    """Of a loss written out as a formula, by autograd."""
    return list(torch.autograd.grad(loss(model), list(model.parameters())))

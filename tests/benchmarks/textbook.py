"""The reference: the classifier and its training loop as anyone would write them, and the parsing that goes with it.

Nothing here may use the harness's own model or lookup, and nothing may be slower than it must be for a plain script.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


class TextbookClassifier(nn.Module):
    """Embedding lookup → concatenate → linear → ReLU → dropout → linear."""

    def __init__(self, rows: int, num_features: int, num_classes: int, dim: int = 50, hidden: int = 200) -> None:
        super().__init__()
        self.embedding = nn.Embedding(rows, dim)
        self.hidden = nn.Linear(num_features * dim, hidden)
        self.dropout = nn.Dropout(0.5)
        self.output = nn.Linear(hidden, num_classes)
        nn.init.xavier_uniform_(self.hidden.weight)
        nn.init.xavier_uniform_(self.output.weight)

    def forward(self, tokens: Tensor) -> Tensor:
        embedded = self.embedding(tokens).view(len(tokens), -1)
        logits: Tensor = self.output(self.dropout(torch.relu(self.hidden(embedded))))
        return logits


def train_epoch(
    model: nn.Module, optimiser: torch.optim.Optimizer, loader: Iterable[tuple[Tensor, ...]], steps: int | None = None
) -> float:
    """One epoch, or its first ``steps`` steps; the mean loss."""
    loss_function = nn.CrossEntropyLoss()
    total, taken = 0.0, 0
    model.train()
    for tokens, labels in loader:
        optimiser.zero_grad()
        loss = loss_function(model(tokens), labels)
        loss.backward()
        optimiser.step()
        total += loss.item()
        taken += 1
        if taken == steps:
            break
    return total / taken


def loader_of(tokens: Tensor, labels: Tensor, batch_size: int) -> DataLoader[tuple[Tensor, ...]]:
    """Shuffled batches of a split."""
    return DataLoader(TensorDataset(tokens, labels), batch_size=batch_size, shuffle=True)


def train_steps(model: nn.Module, optimiser: torch.optim.Optimizer, batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """The best plain loop: as ``train_epoch``, but for a loss that is read once, at the end."""
    total, taken = torch.zeros(()), 0
    model.train()
    for tokens, labels in batches:
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(model(tokens), labels)
        loss.backward()
        optimiser.step()
        total += loss.detach()
        taken += 1
    return total.item() / taken


def endless_batches(tokens: Tensor, labels: Tensor, batch_size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Shuffled batches of a split, epoch after epoch, indexed at once where a DataLoader stacks example by example."""
    while True:
        for chosen in torch.split(torch.randperm(len(tokens)), batch_size):
            yield tokens[chosen], labels[chosen]


def endless(loader: DataLoader[tuple[Tensor, ...]]) -> Iterator[tuple[Tensor, ...]]:
    """Epoch after epoch."""
    while True:
        yield from loader


def loss_and_accuracy(predict: Callable[[Tensor], Tensor], tokens: Tensor, labels: Tensor) -> tuple[float, float]:
    """Mean loss in nats, accuracy in percent."""
    logits = predict(tokens)
    loss = nn.functional.cross_entropy(logits, labels).item()
    return loss, 100 * (logits.argmax(dim=1) == labels).float().mean().item()


def predictor(model: nn.Module, batch_size: int) -> Callable[[Tensor], Tensor]:
    """Tokens → logits, batch by batch."""

    def predict(tokens: Tensor) -> Tensor:
        model.eval()
        with torch.no_grad():
            return torch.cat([model(batch) for batch in torch.split(tokens, batch_size)])

    return predict

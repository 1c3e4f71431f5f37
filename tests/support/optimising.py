"""What the tests of optimisers share: five weights and their gradients, and a classifier small enough to train."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from harness.plugin.together import needs_closure
from harness.training.isolation import one_thread
from harness.training.model import EmbeddingClassifier

START = torch.tensor([0.5, -1.0, 2.0, 0.0, 1e-3], dtype=torch.float64)
STEPS = 12


class Model(nn.Module):
    def __init__(self, start: Tensor = START) -> None:
        super().__init__()
        self.weight = nn.Parameter(start.clone())


def gradient(p: Tensor, step: int) -> Tensor:
    return torch.cos(3 * p) + 0.1 * p * step


def path(build: Callable[..., torch.optim.Optimizer], start: Tensor = START, **values: object) -> Tensor:
    """The weights after each step, as they are trained."""
    model = Model(start)
    optimiser = build(model, **values)
    if hasattr(optimiser, "train"):
        optimiser.train()
    points = []
    for step in range(STEPS):
        model.weight.grad = gradient(model.weight.detach(), step)
        optimiser.step()
        points.append(model.weight.detach().clone())
    return torch.stack(points)


def follow(rule: Callable[..., Iterator[None]], start: Tensor = START, **values: object) -> Tensor:
    """The same of a plain rule: a generator that changes p and yields once a step."""
    p = start.clone()
    return torch.stack([p.clone() for _ in rule(p, **values)])


def classifier(dtype: torch.dtype = torch.float64) -> EmbeddingClassifier:
    """Twelve rows, of which the last never occurs in ``batch``."""
    generator = torch.Generator().manual_seed(1)
    model = EmbeddingClassifier((12, 3), num_features=4, hidden_dim=5, num_classes=3, dropout=0.0, generator=generator)
    return model.to(dtype)


def batch(step: int) -> tuple[Tensor, Tensor]:
    tokens = torch.randint(11, (16, 4), generator=torch.Generator().manual_seed(step))
    return tokens, (tokens[:, 0] + tokens[:, 1]) % 3


def loss_of(model: EmbeddingClassifier, step: int) -> Tensor:
    tokens, labels = batch(step)
    return cross_entropy(model(tokens), labels)


def train(
    model: EmbeddingClassifier, optimiser: torch.optim.Optimizer, steps: range = range(STEPS)
) -> torch.optim.Optimizer:
    """As the harness does it, closures and modes included; the weights to evaluate are in the model at the end."""
    call(optimiser, "train")
    with one_thread():
        for step in steps:

            def closure(step: int = step) -> Tensor:
                optimiser.zero_grad()
                loss = loss_of(model, step)
                loss.backward()
                return loss

            if needs_closure(optimiser):
                optimiser.step(closure)
            else:
                closure()
                optimiser.step()
    call(optimiser, "eval")
    return optimiser


def call(optimiser: torch.optim.Optimizer, mode: str) -> None:
    getattr(optimiser, mode, lambda: None)()


def weights(model: nn.Module) -> Tensor:
    """All of them, in one vector."""
    return torch.cat([each.detach().flatten() for each in model.parameters()])


def trained(build: Callable[..., torch.optim.Optimizer], **values: Any) -> Tensor:
    model = classifier()
    train(model, build(model, **values))
    return weights(model)

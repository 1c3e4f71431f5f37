"""The plainest optimiser, and problems of ten digits, from which tests make components that cheat."""

from __future__ import annotations

import torch
from torch.optim import Optimizer

import harness


class Plain(Optimizer):
    """Steps along the gradient."""

    def __init__(self, params, lr=0.1):
        super().__init__(params, {"lr": lr})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                self.move(weight, group)

    def move(self, weight, group):
        """Change one weight, as a subclass likes it."""
        weight.sub_(weight.grad, alpha=group["lr"])


def splits(seed: int = 0, classes: int = 2) -> dict[str, harness.Split]:
    """60 examples each of three digits, whose class is the first digit modulo the number of classes."""
    generator = torch.Generator().manual_seed(seed)
    by_name = {}
    for name in ("train", "dev", "test"):
        tokens = torch.randint(10, (60, 3), generator=generator, dtype=torch.int32)
        by_name[name] = harness.Split(tokens=tokens, labels=tokens[:, 0].long() % classes)
    return by_name


def problem(**given) -> harness.Problem:
    """A problem of two classes; ``given``: what it has instead."""
    vocabulary = harness.Vocabulary(texts=tuple(map(str, range(10))), kinds=("digit",) * 10)
    parts = {"name": "p", **splits(), "num_classes": 2, "vocabulary": vocabulary} | given
    return harness.Problem(**parts)


def honest(*, seed: int = 0):
    """Two classes that a feature tells apart."""
    return problem(**splits(seed))


def wrong_type():
    """Has labels that no loss takes."""
    train = splits()["train"]
    return problem(train=harness.Split(tokens=train.tokens, labels=train.labels.to(torch.int32)))

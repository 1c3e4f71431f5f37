"""A plugin for the tests: a problem that trains in milliseconds, and components that misbehave on purpose."""

from __future__ import annotations

import os
import time

import torch

import harness


@harness.hookimpl
def register_problems(register):
    register("tiny", tiny)


@harness.hookimpl
def register_optimisers(register):
    register("raising", raising)
    register("deadly", deadly)
    register("slow", slow, space={"lr": harness.log(1e-3, 1e-1)})


def tiny(*, seed: int = 0, examples: int = 300) -> harness.Problem:
    """Three classes decided by two of six features over forty rows."""
    generator = torch.Generator().manual_seed(seed)

    def split(count: int) -> harness.Split:
        tokens = torch.randint(40, (count, 6), generator=generator, dtype=torch.int32)
        labels = (tokens[:, 0] + 2 * tokens[:, 1]).long() % 3
        return harness.Split(tokens=tokens, labels=labels)

    def score(predict, name):
        part = splits[name]
        return {"hits": float((predict(part.tokens).argmax(1) == part.labels).sum())}

    splits = {"train": split(examples), "dev": split(100), "test": split(100)}
    vocabulary = harness.Vocabulary(texts=tuple(f"row{i}" for i in range(40)), kinds=("word",) * 40)
    return harness.Problem(
        name="tiny", **splits, num_classes=3, vocabulary=vocabulary, digest=f"tiny-{seed}-{examples}",
        metrics={"hits": "maximise"}, score=score, conventions="hits on all 100 examples",
    )  # fmt: skip


def raising(model, *, after: int = 3) -> torch.optim.Optimizer:
    """SGD that raises at a step of its own."""

    class Raising(torch.optim.SGD):
        count = 0

        def step(self, closure=None):
            self.count += 1
            if self.count > after:
                raise RuntimeError(f"raised after {after} steps")
            return super().step(closure)

    return Raising(model.parameters(), lr=0.1)


def deadly(model, *, lr: float = 0.1) -> torch.optim.Optimizer:
    """Kills its process."""
    os._exit(7)


def slow(model, *, lr: float = 0.1, pause: float = 0.01) -> torch.optim.Optimizer:
    """SGD that takes its time, so that a test can interrupt it."""

    class Slow(torch.optim.SGD):
        def step(self, closure=None):
            time.sleep(pause)
            return super().step(closure)

    return Slow(model.parameters(), lr=lr)

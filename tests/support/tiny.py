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
    register("noisy", noisy)
    register("rude", rude)


@harness.hookimpl
def register_embeddings(register):
    register("partial", partial)


@harness.hookimpl
def register_initialisers(register):
    register("returning", returning)


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
        name="tiny", **splits, num_classes=3, vocabulary=vocabulary,
        metrics={"hits": "maximise"}, score=score, conventions="hits on all 100 examples",
    )  # fmt: skip


def partial(weight, vocabulary, *, generator):
    """Fills half of the rows."""
    weight[::2].normal_(generator=generator)


def returning(weight, *, generator):
    """Returns what it should have filled in."""
    return torch.zeros_like(weight)


def noisy(model, *, lr: float = 0.1) -> torch.optim.Optimizer:
    """SGD with noise from torch's global generator, the only one that an optimiser of someone else's knows."""

    class Noisy(torch.optim.SGD):
        @torch.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                for parameter in group["params"]:
                    parameter.grad += 0.01 * torch.randn_like(parameter)
            return super().step(closure)

    return Noisy(model.parameters(), lr=lr)


def rude(model, *, how: str = "dtype") -> torch.optim.Optimizer:
    """Misbehaves in one of several ways."""
    if how == "dtype":
        torch.set_default_dtype(torch.float64)
    elif how == "grad":
        torch.set_grad_enabled(False)
        raise RuntimeError("gone")
    elif how == "threads":
        torch.set_num_threads(2)
    elif how == "exit":
        raise SystemExit("bye")
    elif how == "bare":
        raise FloatingPointError
    return torch.optim.SGD(model.parameters(), lr=0.1)


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

"""Components that are honest, and look at first sight like some that cheat: the kit must not accuse them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

import harness

from support.examining import accused

# Randomness


def drawn_rate(progress, *, generator, high: float = 0.5):
    """A rate drawn at each step."""
    return high * torch.rand((), generator=generator).item()


def seeds_another(weight, *, generator, sd: float = 0.1):
    """Draws NumPy's numbers, from a stream that the generator seeds."""
    stream = np.random.default_rng(int(torch.randint(2**31, (), generator=generator)))
    weight.copy_(torch.from_numpy(stream.normal(0, sd, weight.shape)))


def spawns(weight, *, generator):
    """Draws from a generator that the given one seeds."""
    own = torch.Generator().manual_seed(int(torch.randint(2**62, (), generator=generator)))
    nn.init.normal_(weight, std=0.1, generator=own)


def nothing_random(weight, vocabulary, *, generator, scale: float = 0.5):
    """Sines: no draw at all."""
    rows, columns = torch.arange(weight.shape[0])[:, None], torch.arange(1, weight.shape[1] + 1)
    weight.copy_(scale * torch.sin(rows / columns))


# Initialisers and schedules


def output_only(weight, *, generator, layer: str, last: float = 0.1):
    """Xavier's; what is asked for is the output layer's alone."""
    nn.init.xavier_uniform_(weight, gain=last if layer == "output" else 1.0, generator=generator)


def all_alike(weight, *, generator, value: float = 0.01):
    """A constant."""
    weight.fill_(value)


def short(progress, *, warmup: float = 0.0):
    """A rise, then 1; without a warm-up there is none."""
    return progress / warmup if progress < warmup else 1.0


def cosine(progress, *, cycles: int = 2, low: float = 0.1, restarts: bool = False):
    """Falls in cycles, which restart or turn back."""
    place = progress * cycles % 1 if restarts else progress * cycles
    return low + (1 - low) * (1 + math.cos(math.pi * place)) / 2


@pytest.mark.parametrize(
    ("kind", "honest", "how"),
    [
        ("dropout", drawn_rate, {"space": {"high": harness.linear(0, 0.9)}, "average": lambda high: high / 2}),
        ("initialiser", seeds_another, {}),
        ("initialiser", spawns, {}),
        ("embedding", nothing_random, {}),
        ("initialiser", output_only, {"space": {"last": harness.log(1e-3, 1)}}),
        ("initialiser", all_alike, {}),
        ("lr_schedule", short, {"space": {"warmup": harness.linear(0, 0.3)}}),
        ("lr_schedule", cosine, {"space": {"cycles": harness.integers(1, 5)}}),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_nobody_honest_is_accused(kind, honest, how):
    assert accused(kind, honest, **how) == {}

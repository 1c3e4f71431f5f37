"""The check that a problem loads, and draws from no global stream."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

import harness

from support.examining import accused, only_fault
from support.plain import honest, problem, splits


def global_draws(*, seed: int = 0):
    """Permutes the rows."""
    np.random.seed(seed)
    random.seed(seed)
    torch.manual_seed(seed)
    order = torch.randperm(60)[torch.from_numpy(np.random.permutation(60))]
    train = splits(random.randrange(3))["train"]
    return problem(train=harness.Split(tokens=train.tokens[order], labels=train.labels[order]))


def no_problem():
    """Returns a part of one."""
    return splits()["train"]


@pytest.mark.parametrize(
    ("cheat", "message"),
    [
        (
            global_draws,
            "it draws from NumPy's and Python's and torch's global stream: make a generator with a seed of its own",
        ),
        (no_problem, "it returns Split("),
    ],
)
def test_problem(cheat, message):
    assert only_fault("loading", "problem", cheat).startswith(message)


def test_an_honest_one():
    assert accused("problem", honest) == {}

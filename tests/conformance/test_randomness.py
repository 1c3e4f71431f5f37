"""What is there to see draws and clocks sees them, and leaves no trace."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest
import torch

from harness.conformance._randomness import Draws, later, streams_from, streams_restored


def test_draws_from_numpy_and_python_are_seen_and_undone():
    before = random.getstate(), np.random.get_state()[1].tobytes()
    drawn: set[str] = set()
    with streams_restored():
        with streams_from(3, drawn):
            first = np.random.normal()
        assert drawn == {"NumPy's"}
        with streams_from(3, drawn):
            assert np.random.normal() == first
            random.random()
        assert drawn == {"NumPy's", "Python's"}
    with pytest.raises(KeyError), streams_restored(), streams_from(0):
        raise KeyError
    assert (random.getstate(), np.random.get_state()[1].tobytes()) == before


def test_draws_from_torch_are_seen_with_their_seeds():
    given = torch.Generator().manual_seed(7)
    with torch.random.fork_rng(), Draws() as draws:
        torch.empty(3).normal_(generator=given)
        torch.zeros(3).add_(1)
    assert (draws.is_global, draws.seeds) == (False, {7})
    with torch.random.fork_rng(), Draws() as draws:
        torch.manual_seed(5)
        torch.nn.functional.dropout(torch.ones(3))
        random.Random(9)
        np.random.default_rng(11)
    assert (draws.is_global, draws.seeds) == (True, {5, 9, 11})


def test_drawing_is_as_before_when_nobody_watches():
    seed, default_rng = random.Random.seed, np.random.default_rng
    with pytest.raises(KeyError), Draws():
        raise KeyError
    assert random.Random.seed is seed
    assert np.random.default_rng is default_rng


def test_it_is_later_only_inside():
    begun = time.time(), time.monotonic_ns()
    with later():
        assert time.time() - begun[0] > 270_000
        assert time.monotonic_ns() - begun[1] > 270_000e9
    assert 0 <= time.time() - begun[0] < 60

"""One thread for every run, and global state that nobody outside a run sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Every run computes with one torch thread: the bits depend on their number."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def isolated(seed: int, device: str = "cpu") -> Iterator[None]:
    """Nothing that a component does to torch's global state is seen outside.

    Whatever draws from the global generator, as an optimiser of someone else's may, gets a stream that depends on
    ``seed`` alone.
    """
    threads, dtype, random = torch.get_num_threads(), torch.get_default_dtype(), torch.get_rng_state()
    torch.default_generator.manual_seed(seed)
    if device != "cpu":
        torch.cuda.manual_seed_all(seed)
    try:
        with torch.enable_grad():
            yield
    finally:
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)
        torch.set_rng_state(random)

"""Context managers: one torch thread, and torch's global state saved and restored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """In the body, torch computes with one thread, as every run must: the bits depend on the number of threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def isolated(seed: int, device: str = "cpu") -> Iterator[None]:
    """Restore torch's global state after the body; in the body, the global generator starts from ``seed``.

    An optimiser from elsewhere may draw from the global generator: its draws then depend on ``seed`` alone.
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

"""Finding out whether a component depends on global random streams, on a seed of its own, or on the clock."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode

CLOCKS = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")
"""Functions of the module ``time`` that ``later`` sets forward."""


LATER = ((3 * 24 + 5) * 60 + 7) * 60 + 11
"""Seconds to another weekday, hour, minute and second."""


@contextmanager
def streams_restored() -> Iterator[None]:
    """After the body, NumPy's and Python's global streams are where they were before it."""
    before = np.random.get_state(), random.getstate()
    try:
        yield
    finally:
        np.random.set_state(before[0])
        random.setstate(before[1])


@contextmanager
def streams_from(seed: int, drawn: set[str] | None = None) -> Iterator[None]:
    """In the body, NumPy's and Python's global streams start from ``seed``.

    They are left where the body left them: restoring NumPy's takes longer than a short body.
    ``drawn``: a set that receives the names of the streams that the body draws from.
    """
    np.random.seed(seed)
    random.seed(seed)
    begun = {} if drawn is None else _states()
    yield
    if drawn is not None:
        drawn.update(name for name, state in _states().items() if state != begun[name])


def _states() -> dict[str, Any]:
    """Name of a stream in a message → its state."""
    name, words, *place = np.random.get_state(legacy=True)
    return {"NumPy's": (name, bytes(words), *place), "Python's": random.getstate()}  # type: ignore[arg-type]


class Draws(TorchDispatchMode):
    """A context manager that notes every random draw of its body.

    ``is_global``: whether the body drew from torch's global stream. ``seeds``: the seeds of all streams that it drew
    from, and of all NumPy and Python streams that it made.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.is_global = False
        self.seeds: set[object] = set()
        self._patches = ExitStack()

    def __enter__(self) -> Draws:
        # A NumPy or Python stream without a seed differs from run to run, which other checks notice.
        for owner, name in ((np.random, "default_rng"), (random.Random, "seed")):
            self._patches.enter_context(patch.object(owner, name, self._noting(getattr(owner, name))))
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        self._patches.close()

    def _noting(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, wrapped: every int and str among its arguments is noted as a seed."""

        def noting(*given: Any, **named: Any) -> Any:
            self.seeds |= {seed for seed in (*given, *named.values()) if isinstance(seed, int | str)}
            return function(*given, **named)

        return noting

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Called by torch for every operation."""
        if _may_draw(function):
            self._note_streams((*args, *(kwargs or {}).values()))
        return function(*args, **(kwargs or {}))

    def _note_streams(self, arguments: tuple[Any, ...]) -> None:
        if any(isinstance(argument, torch.Tensor) and argument.is_meta for argument in arguments):
            return  # nothing is drawn: a layer that skip_init makes
        streams = [argument for argument in arguments if isinstance(argument, torch.Generator)]
        streams = streams or [torch.default_generator]
        self.is_global |= torch.default_generator in streams
        self.seeds |= {stream.initial_seed() for stream in streams}


@cache  # torch makes a new list of tags whenever it is asked
def _may_draw(operation: Any) -> bool:
    return torch.Tag.nondeterministic_seeded in operation.tags


@contextmanager
def later() -> Iterator[None]:
    """In the body, the clocks of the module ``time`` are ahead by ``LATER``."""
    with ExitStack() as patches:
        for name in CLOCKS:
            ahead = LATER * 10**9 if name.endswith("_ns") else LATER
            patches.enter_context(patch.object(time, name, _ahead(getattr(time, name), ahead)))
        yield


def _ahead(clock: Callable[[], Any], seconds: int) -> Callable[[], Any]:
    return lambda: clock() + seconds

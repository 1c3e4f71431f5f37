"""Ctrl-C and SIGTERM: the same end, whenever they come, with what is done kept and an exit code that says which."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from harness.cli._options import INTERRUPTED, TERMINATED


class Terminated(KeyboardInterrupt):
    """SIGTERM, as a cluster sends before it kills: treated as Ctrl-C is, so that workers and locks are given up."""


@contextmanager
def minding_sigterm() -> Iterator[None]:
    """Within it SIGTERM raises Terminated, and does not end this process before it could tidy up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def interrupt_of(error: BaseException | None) -> KeyboardInterrupt | None:
    """The interrupt that an error is or followed from: a library that releases a lock may raise another error."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error


def how_it_ended(interrupt: KeyboardInterrupt) -> tuple[str, int]:
    """A word and the exit code of an interrupt."""
    return ("terminated", TERMINATED) if isinstance(interrupt, Terminated) else ("interrupted", INTERRUPTED)

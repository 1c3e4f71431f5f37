"""What a task holds: one call as bytes, so that a scheduler, which unpickles tasks, imports nothing of ours for it."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any


def pickled(function: Callable[..., Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> bytes:
    """A call by whoever has the function."""
    return pickle.dumps((function, arguments, named))


def call(content: bytes) -> Any:
    """What a worker answers."""
    function, arguments, named = pickle.loads(content)
    return function(*arguments, **named)

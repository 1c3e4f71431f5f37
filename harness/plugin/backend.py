"""Backend: where a study's runs are made, as the hook ``register_executors`` gives it. It changes no result."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass

PROCESSES, SERIAL = "processes", "serial"
"""The executors that need no plugin: worker processes of this machine, and none at all."""


def _nothing() -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class Backend:
    """An executor that is ready to work, and how its workers and their deaths are told.

    ``executor``: is given a function of the harness and one argument, plain data, to be pickled; a worker does one at a
    time. ``place``: what a sentence calls it, as ``the Dask cluster at tcp://127.0.0.1:8786``. ``workers``: how many
    work now; 0 while none has come yet.

    ``deaths``: what a future raises whose worker has died, or was lost: not the function's own errors. An executor that
    can do nothing after a death raises a BrokenExecutor, and is opened anew. ``death``: such an error in a few words.
    ``lost``: why nobody will ever work here again; '' while somebody may.
    """

    executor: Executor
    place: str
    workers: Callable[[], int]
    deaths: tuple[type[BaseException], ...] = (BrokenExecutor,)
    death: Callable[[BaseException], str] = str
    lost: Callable[[], str] = _nothing


OpenBackend = Callable[..., AbstractContextManager[Backend]]
"""``open(*, workers, address, …)``: a context manager that gives a Backend, and ends it when it is left.

``workers``: how many are asked for, None where nobody says; ``address``: of what runs already, '' for none; what else
it takes by name may be set in the table ``[execution.NAME]`` of a user's configuration file.
"""

"""A pool of processes on this machine."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import multiprocessing.context
import multiprocessing.forkserver
import os
import signal
import sys
import threading
import types
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from typing import Any

from harness.arguments import count_of

LOADED = ["harness.execution.job", "harness.plugin.registry", "harness.training.engine", "torch._dynamo"]
"""What every worker needs; the last one torch imports when the first optimiser is made, for two seconds."""


class SerialExecutor(Executor):
    """Runs a job when it is submitted, in this process."""

    def submit(self, function, /, *arguments, **keywords):  # type: ignore[no-untyped-def]
        future: Future[object] = Future()
        try:
            future.set_result(function(*arguments, **keywords))
        except Exception as error:
            future.set_exception(error)
        return future


def warm_up() -> None:
    """Begin to import what workers need, in the process that they will be forked from, while this one goes on."""
    if isinstance(_context(), multiprocessing.context.ForkServerContext):
        with ctrl_c_ignored():  # by that process, and by those forked from it
            multiprocessing.forkserver.ensure_running()


def worker_count(jobs: int | None) -> int:
    """As many worker processes as are asked for; one for each core that this process may use where None is."""
    if jobs is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return count_of(jobs, "jobs is a number of worker processes, 0 for none")


def _context() -> multiprocessing.context.BaseContext:
    """Workers are forked from a process that imports and does nothing else; where forks are not safe, they import."""
    if sys.platform != "linux":
        return _Spawn()
    context = _ForkServer()
    context.set_forkserver_preload(LOADED)
    return context


@contextmanager
def _program_left_alone() -> Iterator[None]:
    """Start processes that do not import the program that starts them.

    A job names all that it needs, and nothing of it lies in the caller's script. Were that run again in every worker,
    as multiprocessing would have it, a script without ``if __name__ == "__main__":`` would start its study again there.
    """
    program = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")  # which has no file that could be run
    try:
        yield
    finally:
        sys.modules["__main__"] = program


class _ForkServerProcess(multiprocessing.context.ForkServerProcess):
    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Any:  # noqa: N802 - multiprocessing's name
        with _program_left_alone():
            return multiprocessing.context.ForkServerProcess._Popen(process_obj)


class _SpawnProcess(multiprocessing.context.SpawnProcess):
    @staticmethod
    def _Popen(process_obj: BaseProcess) -> Any:  # noqa: N802 - multiprocessing's name
        with _program_left_alone():
            return multiprocessing.context.SpawnProcess._Popen(process_obj)


class _ForkServer(multiprocessing.context.ForkServerContext):
    Process = _ForkServerProcess


class _Spawn(multiprocessing.context.SpawnContext):
    Process = _SpawnProcess


def _start_worker(environment: Mapping[str, str]) -> None:
    """The driver handles Ctrl-C; a worker whose driver is gone, however it went, goes too.

    ``environment``: the driver's now, and not when the process began that this one was forked from.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(environment)
    parent = multiprocessing.parent_process()
    assert parent is not None  # only a worker calls this

    def follow() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


@contextmanager
def ctrl_c_ignored() -> Iterator[None]:
    """Ctrl-C does nothing within, and nothing ever to the processes that are started within: they inherit it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def process_pool(count: int) -> Iterator[Executor]:
    """A pool of ``count`` workers; one process is this one where count is 0. Whoever leaves early ends them at once."""
    if count == 0:
        yield SerialExecutor()
        return
    others = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(count, _context(), _start_worker, (dict(os.environ),))
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        raise
    executor.shutdown()

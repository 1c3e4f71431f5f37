"""Processes on this machine: a pool of them, and one for a job of which nobody knows whether it survives it."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import multiprocessing.context
import multiprocessing.forkserver
import os
import signal
import sys
import threading
import traceback
import types
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeVar

from harness.arguments import count_of
from harness.execution.output import PRINTED, send_stdout_to_stderr
from harness.plugin.backend import Backend

Given = TypeVar("Given")
Made = TypeVar("Made")

STARTING = (OSError, EOFError)
"""What starting a process raises where the process that it is forked from has just died."""

LOADED = ["harness.execution.job", "harness.plugin.registry", "harness.training.engine"]
"""What every worker needs."""


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


def _start_worker(environment: Mapping[str, str], printed: str) -> None:
    """The driver handles Ctrl-C; a worker whose driver is gone, however it went, goes too.

    ``environment``: the driver's now, and not when the process began that this one was forked from. ``printed``: the
    file by which lines are known that were printed already.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    send_stdout_to_stderr(printed)  # stdout is the command's own
    os.environ.clear()
    os.environ.update(environment)
    parent = multiprocessing.parent_process()
    assert parent is not None  # only a worker calls this

    def follow() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


@dataclass(frozen=True)
class Death:
    """The end of a process that had not finished its work.

    ``exit_code``: as multiprocessing has it, −9 for SIGKILL; None where the process did not even start. ``memory``: the
    most bytes that it was seen to have, 0 where nothing is known. ``said``: what an executor says of it, whose
    processes are not this one's children.
    """

    exit_code: int | None
    memory: int = 0
    said: str = ""

    def __str__(self) -> str:
        if self.said:
            return self.said
        if self.exit_code is None:
            return "its worker process did not start"
        if self.exit_code >= 0:
            return f"its worker process ended with exit code {self.exit_code}"
        try:
            name = signal.Signals(-self.exit_code).name
        except ValueError:
            name = f"signal {-self.exit_code}"
        memory = f", with {self.memory / 2**30:.1f} GiB of memory" if self.memory else ""
        cause = " (out of memory?)" if name == "SIGKILL" else ""
        return f"its worker process was killed by {name}{memory}{cause}"


def run_alone(function: Callable[[Given], Made], given: Given) -> Made | Death:
    """What a function makes of its argument in a process of its own, or how that process died.

    An error of the function is raised here, with the traceback from there as a note.
    """
    context: Any = _context()
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(
        target=_answer, args=(sender, function, given, dict(os.environ), PRINTED.path), daemon=True
    )
    try:
        with ctrl_c_ignored():
            process.start()
    except STARTING:
        receiver.close()
        return Death(None)
    finally:
        sender.close()
    memory = 0
    try:
        while True:
            ready = multiprocessing.connection.wait([receiver, process.sentinel], timeout=0.2)
            memory = max(memory, _memory_of(process.pid))
            if receiver in ready or receiver.poll():
                try:
                    is_made, answer = receiver.recv()
                except (EOFError, OSError):
                    process.join()
                    return Death(process.exitcode or 0, memory)
                process.join()
                if not is_made:
                    raise answer
                return answer  # type: ignore[no-any-return] # it came through a pipe
            if ready:
                process.join()
                return Death(process.exitcode or 0, memory)
    finally:
        receiver.close()
        process.terminate()


def _answer(
    sender: Connection, function: Callable[[Given], Made], given: Given, environment: dict[str, str], printed: str
) -> None:
    _start_worker(environment, printed)
    try:
        answer: tuple[bool, object] = True, function(given)
    except Exception as error:
        error.add_note(traceback.format_exc())
        answer = False, error
    sender.send(answer)


def _memory_of(pid: int | None) -> int:
    """Bytes that a process has in memory now; 0 where the system does not say."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


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
def open_processes(count: int) -> Iterator[Backend]:
    """So many workers of this machine, each of which has begun; BrokenExecutor or one of ``STARTING`` if not."""
    with process_pool(count) as executor:
        with ctrl_c_ignored():  # workers inherit it, and so ignore Ctrl-C from their first moment on
            probes = [executor.submit(os.getpid) for _ in range(max(1, count))]  # each starts a worker
        for probe in probes:
            probe.result()
        yield Backend(executor=executor, place="this machine", workers=lambda: count)


@contextmanager
def process_pool(count: int) -> Iterator[Executor]:
    """A pool of ``count`` workers; one process is this one where count is 0. Whoever leaves early ends them at once."""
    if count == 0:
        yield SerialExecutor()
        return
    others = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(count, _context(), _start_worker, (dict(os.environ), PRINTED.path))
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        raise
    executor.shutdown()

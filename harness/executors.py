"""Where cohorts are trained: ``concurrent.futures`` executors that take plain data and give plain data back.

What is slow to import stands inside functions: ``warm_up`` is of use as long as nothing else has been imported.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import multiprocessing.context
import multiprocessing.forkserver
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError, ResultError

if TYPE_CHECKING:
    from harness.cohort import Cohort
    from harness.configuration import Selection
    from harness.problem import Problem
    from harness.registry import Registry
    from harness.training import Outcome

LOADED = ["harness.executors", "harness.registry", "harness.training", "torch._dynamo"]
"""What every worker needs; the last one torch imports when the first optimiser is made, for two seconds."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A cohort, and all that a worker needs to find its problem and its components.

    ``digest``: of the problem, as the driver has it.
    """

    cohort: Cohort
    problem: Selection
    digest: str
    plugins: tuple[str, ...]

    def singles(self) -> list[Job]:
        """One job per run."""
        runs = self.cohort.configurations
        return [replace(self, cohort=replace(self.cohort, configurations=(each,))) for each in runs]


def work(job: Job) -> list[Outcome]:
    """Train a job's cohort in this process. The models stay here: only numbers travel."""
    from harness.training import train

    registry, problem = _workplace(job.plugins, job.problem)
    if problem.digest != job.digest:
        raise ResultError(
            f"problem {job.problem.name!r} is not what it was when the study began: its data have changed"
        )
    observe = registry.observe if registry.has_observers else None
    return [outcome.without_model() for outcome in train(job.cohort, problem, registry, observe)]


_WORKPLACES: dict[tuple[tuple[str, ...], Selection], tuple[Registry, Problem]] = {}
"""Plugins and problem are loaded once a process."""


def furnish(plugins: tuple[str, ...], selection: Selection, registry: Registry, problem: Problem) -> None:
    """Let jobs in this process use what is loaded already."""
    _WORKPLACES[plugins, selection] = registry, problem


def _workplace(plugins: tuple[str, ...], selection: Selection) -> tuple[Registry, Problem]:
    from harness.registry import build_registry

    if (plugins, selection) not in _WORKPLACES:
        registry = build_registry(plugins)
        problem = registry.component("problem", selection.name).build(**dict(selection.values))
        furnish(plugins, selection, registry, problem)
    return _WORKPLACES[plugins, selection]


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
        with _ctrl_c_ignored():  # by that process, and by those forked from it
            multiprocessing.forkserver.ensure_running()


def _context() -> multiprocessing.context.BaseContext:
    """Workers are forked from a process that imports and does nothing else; where forks are not safe, they import."""
    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(LOADED)
    return context


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
def _ctrl_c_ignored() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _processes(count: int) -> Iterator[Executor]:
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


class Workers:
    """``count`` processes that stay for a whole study; 0 is this process, for a debugger. A context manager.

    A component that ends its process ends a worker, not the study; so one process is not the same as none.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool = ExitStack()
        self._executor: Executor | None = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *error: Any) -> None:
        self._pool.__exit__(*error)

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[int, list[Outcome | str]]]:
        """Each job's number and outcomes, as they come; instead of an outcome a reason, where a run killed its worker.

        A worker that dies takes its pool along and does not say whose fault it was. So every job that was under way
        is run again alone, then run by run, and only a run that kills its own worker is given up.
        """
        waiting = deque(range(len(jobs)))
        running: dict[Future[list[Outcome]], int] = {}
        while waiting or running:
            executor = self._executor or self._start()
            suspects = []
            try:
                while waiting and len(running) < max(1, self.count):
                    running[executor.submit(work, jobs[waiting[0]])] = waiting[0]
                    waiting.popleft()
            except BrokenExecutor:
                suspects = [waiting.popleft()]
            else:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    number = running.pop(future)
                    if isinstance(future.exception(), BrokenExecutor):
                        suspects.append(number)
                    else:
                        yield number, list(future.result())
            if suspects:
                suspects += running.values()
                running.clear()
                self._pool.close()
                self._executor = None
                for number in sorted(suspects):
                    yield number, _alone(jobs[number])

    def _start(self) -> Executor:
        """A fresh pool that works: one that cannot start would make every run look like a killer."""
        self._executor = self._pool.enter_context(_processes(self.count))
        try:
            with _ctrl_c_ignored():  # by the workers from their first moment on: they inherit it
                probes = [self._executor.submit(os.getpid) for _ in range(max(1, self.count))]  # each starts a worker
            wait(probes)
            probes[0].result()
        except BrokenExecutor:
            raise HarnessError(
                "worker processes cannot start; in a script of your own, guard what starts them with "
                "if __name__ == '__main__':"
            ) from None
        return self._executor


def _alone(job: Job) -> list[Outcome | str]:
    try:
        with _processes(1) as executor:
            return list(executor.submit(work, job).result())
    except BrokenExecutor:
        singles = job.singles()
    if len(singles) == 1:
        return ["its worker process died (out of memory?)"]
    return [outcome for single in singles for outcome in _alone(single)]

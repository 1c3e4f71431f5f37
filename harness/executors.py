"""Where cohorts are trained: ``concurrent.futures`` executors that take plain data and give plain data back."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace

from harness.cohort import Cohort
from harness.configuration import Selection
from harness.problem import Problem
from harness.registry import Registry, build_registry
from harness.training import Outcome, train


@dataclass(frozen=True, kw_only=True)
class Job:
    """A cohort, and all that a worker needs to find its problem and its components."""

    cohort: Cohort
    problem: Selection
    plugins: tuple[str, ...]

    def singles(self) -> list[Job]:
        """One job per run."""
        runs = self.cohort.configurations
        return [replace(self, cohort=replace(self.cohort, configurations=(each,))) for each in runs]


def work(job: Job) -> list[Outcome]:
    """Train a job's cohort in this process. The models stay here: only numbers travel."""
    registry, problem = _workplace(job.plugins, job.problem)
    observe = registry.observe if registry.has_observers else None
    return [outcome.without_model() for outcome in train(job.cohort, problem, registry, observe)]


_WORKPLACES: dict[tuple[tuple[str, ...], Selection], tuple[Registry, Problem]] = {}
"""Plugins and problem are loaded once a process."""


def furnish(plugins: tuple[str, ...], selection: Selection, registry: Registry, problem: Problem) -> None:
    """Let jobs in this process use what is loaded already."""
    _WORKPLACES[plugins, selection] = registry, problem


def _workplace(plugins: tuple[str, ...], selection: Selection) -> tuple[Registry, Problem]:
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


def _make_executor(workers: int) -> Executor:
    if workers == 1:
        return SerialExecutor()
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start_worker)


def _start_worker() -> None:
    """The driver handles Ctrl-C; a worker whose driver is gone, however it went, goes too."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None  # only a spawned worker calls this

    def follow() -> None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


class Workers:
    """``count`` processes that stay for a whole study (this one process, where count is 1). A context manager."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._others = set(multiprocessing.active_children())
        self._executor = _make_executor(count)

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._executor.shutdown(wait=kind is None, cancel_futures=True)
        if kind is not None:  # a result that nobody will read is not worth waiting for
            for child in set(multiprocessing.active_children()) - self._others:
                child.terminate()

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[int, list[Outcome | str]]]:
        """Each job's number and outcomes, as they come; instead of an outcome a reason, where a run killed its worker.

        A worker that dies takes its pool along and does not say whose fault it was. So every job that was under way
        is run again alone, then run by run, and only a run that kills its own worker is given up.
        """
        waiting = deque(range(len(jobs)))
        running: dict[Future[list[Outcome]], int] = {}
        while waiting or running:
            suspects = []
            try:
                while waiting and len(running) < self.count:
                    running[self._executor.submit(work, jobs[waiting[0]])] = waiting[0]
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
                self._executor.shutdown()
                self._executor = _make_executor(self.count)
                for number in sorted(suspects):
                    yield number, _alone(jobs[number])


def _alone(job: Job) -> list[Outcome | str]:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _start_worker) as executor:
        try:
            return list(executor.submit(work, job).result())
        except BrokenExecutor:
            singles = job.singles()
    if len(singles) == 1:
        return ["its worker process died (out of memory?)"]
    return [outcome for single in singles for outcome in _alone(single)]

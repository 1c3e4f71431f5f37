"""Workers that outlive a death among them, and tell a run that kills them from one that was unlucky."""

from __future__ import annotations

import math
import queue
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Future
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from harness.errors import HarnessError, PluginError, RunsLostError, place_of
from harness.execution.job import Done, Job, work
from harness.execution.output import PRINTED
from harness.execution.place import Place
from harness.execution.processes import STARTING, Death, run_alone
from harness.execution.shipping import Lacking, Shipment, describe_there, work_there
from harness.plugin.backend import Backend

TRIES = 3
"""How often a run is tried by itself before it is given up."""

STARTS = 5
"""How often workers are started before that is given up."""

POLL = 0.5
"""Seconds after which somebody looks whether workers elsewhere have come or gone."""


@dataclass(frozen=True)
class Task:
    """Some runs of a job: ``positions`` in the cohort of job ``number``. ``deaths``: of workers that had them alone."""

    number: int
    positions: tuple[int, ...]
    job: Job
    deaths: int = 0

    def singles(self) -> list[Task]:
        """A task for each of the runs."""
        return [
            Task(self.number, (position,), job, self.deaths)
            for position, job in zip(self.positions, self.job.singles(), strict=True)
        ]


Given = TypeVar("Given")
Made = TypeVar("Made")

Complete = Callable[[Shipment, Lacking], Shipment]

Answer = tuple[int, tuple[int, ...], Done]
"""(number of the job, positions of runs in its cohort, what has become of these)."""


class Workers:
    """A context manager: the workers of a place, which stay for a whole study.

    A component that ends its process ends a worker, not the study, unless the place is this process. ``most``: so many
    workers there were at one time. ``warn``: is told what goes wrong when they are given up, after all work is done.
    """

    def __init__(self, place: Place, warn: Callable[[str], None] = warnings.warn) -> None:
        self.place = place
        self._warn = warn
        self.most = 0
        self._opened, self._shared = ExitStack(), ExitStack()
        self._backend: Backend | None = None

    def __enter__(self) -> Workers:
        self._shared.enter_context(PRINTED.shared())
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            self._opened.__exit__(*error)
        except Exception as closing:  # of a plugin's code: no reason to lose what was made
            self._warn(f"executor {self.place.executor!r} does not end well: {place_of(closing)}")
        finally:
            self._shared.close()

    @property
    def count(self) -> int:
        """How many workers there are; before they are started, as many as are asked for."""
        count = self._backend.workers() if self._backend else self.place.workers or 0
        if not isinstance(count, int):
            raise PluginError(f"executor {self.place.executor!r}: workers() gives a number, got {count!r}")
        self.most = max(self.most, count)
        return count

    def open(self) -> Backend:
        """The workers' backend, which is opened if it is not yet."""
        return self._backend or self._start()

    def wait_for_one(self, goes_on: Callable[[], bool]) -> bool:
        """Wait until a worker has come; False once ``goes_on`` says no. RunsLostError if none will come."""
        backend = self.open()
        while not self.count:
            _check(backend)
            if not goes_on():
                return False
            time.sleep(POLL)
        return True

    def describe(self, shipment: Shipment, sources: tuple[str, ...], device: str, complete: Complete) -> dict[str, Any]:
        """The environment of some worker elsewhere. The arguments are those of a job."""
        backend = self.open()
        for _ in range(STARTS):
            future: Future[dict[str, Any] | Lacking] = self._hand(backend, describe_there, (shipment, sources, device))
            if isinstance(error := _error_of(future), (*backend.deaths, CancelledError)):
                _check(backend)
            elif isinstance(found := self._result(future, backend), Lacking):
                shipment = complete(shipment, found)
            else:
                return found
        why = str(error) or type(error).__name__
        raise HarnessError(f"{backend.place}: its workers die when they are asked what they are: {why}")

    def run(
        self,
        jobs: Sequence[Job],
        goes_on: Callable[[], bool] = lambda: True,
        complete: Complete | None = None,
    ) -> Iterator[list[Answer]]:
        """What becomes of the runs of each job, as it comes; of one whose workers all died, the last death as outcome.

        All answers that are there at one time come together, so that they can be kept and told together.

        ``goes_on``: asked before a job begins; once it says no, those under way are finished and no other begins.
        ``complete``: adds to what a job says of this machine what a worker lacks of it.

        A worker that dies does not say which of its runs was at fault, if any was: the system kills workers too. So
        its runs are made again, each by itself, and one that has lost three workers of its own is given up. Where a
        death breaks the whole executor, all that was under way is suspect, and is made again with nothing beside it.
        """
        positions = [tuple(range(len(job.cohort.configurations))) for job in jobs]
        waiting = deque(Task(number, positions[number], job) for number, job in enumerate(jobs))
        running: dict[Future[Done | Lacking], Task] = {}
        # Of a thousand futures, waiting for the first would look at each of them, once an answer.
        ended: queue.SimpleQueue[Future[Done | Lacking]] = queue.SimpleQueue()
        while (waiting and goes_on()) or running:
            backend = self.open()
            suspects = []
            try:
                room = self._room()
                while waiting and len(running) < room and goes_on():
                    future = self._submit(backend, waiting[0].job)
                    running[future] = waiting.popleft()
                    future.add_done_callback(ended.put)
            except (BrokenExecutor, *STARTING):
                suspects = [waiting.popleft()]
            else:
                answers: list[Answer] = []
                errors = []
                for future in self._finished(ended, running, backend):
                    task = running.pop(future)
                    error = _error_of(future)
                    if isinstance(error, BrokenExecutor):
                        suspects.append(task)
                        continue
                    try:
                        if error is not None and isinstance(error, (*backend.deaths, CancelledError)):
                            _check(backend)
                            answers += _again(task, Death(None, said=backend.death(error)), waiting)
                        elif isinstance(answer := self._result(future, backend), Lacking):
                            waiting.appendleft(replace(task, job=_completed(task.job, answer, complete)))
                        else:
                            answers.append((task.number, task.positions, answer))
                    except Exception as broken:
                        errors.append(broken)
                if answers:
                    yield answers
                if errors:  # and what came beside it is kept
                    raise errors[0]
            if suspects:
                suspects += running.values()
                running.clear()
                self._end()
                for task in sorted(suspects, key=lambda task: task.number):
                    for each in self._alone(task, complete):
                        yield [each]

    def _submit(self, backend: Backend, job: Job) -> Future[Done | Lacking]:
        return self._hand(backend, work_there if self.place.is_elsewhere else work, job)

    def _hand(self, backend: Backend, function: Callable[[Given], Made], given: Given) -> Future[Made]:
        """The future of a call; PluginError where the executor fails, and has not just died."""
        try:
            return backend.executor.submit(function, given)
        except (BrokenExecutor, *STARTING):
            raise
        except Exception as error:  # of a plugin's code
            raise PluginError(f"executor {self.place.executor!r} takes no work: {place_of(error)}") from error

    def _result(self, future: Future[Made], backend: Backend) -> Made:
        """What a future has come to; its error, in one line where it comes from another machine."""
        expected: tuple[type[BaseException], ...] = (HarnessError, *backend.deaths)
        try:
            return future.result()
        except expected:
            raise
        except Exception as error:
            if not self.place.is_elsewhere:
                raise
            raise HarnessError(
                f"a worker of {backend.place} cannot do its work: {type(error).__name__}: {error}; are the harness, "
                "its plugins and all packages there in the same versions as here?"
            ) from error

    def _room(self) -> int:
        """How many tasks may be under way. Elsewhere a few more than workers: they wait there for the next free one."""
        return self.count + math.ceil(self.count / 8) if self.place.is_elsewhere else max(1, self.count)

    def _finished(
        self, ended: queue.SimpleQueue[Future[Any]], running: Mapping[Future[Any], Task], backend: Backend
    ) -> list[Future[Any]]:
        """The running futures that have ended, in their order; none after a moment in which none has.

        ``ended``: the futures that have ended so far, some of them perhaps of an executor that is no more.
        """
        found = []
        try:
            found.append(ended.get(timeout=POLL))
            while True:
                found.append(ended.get_nowait())
        except queue.Empty:
            if not found:
                _check(backend)
        return [future for future in found if future in running]

    def _start(self) -> Backend:
        """Open the place; HarnessError if it cannot be, or else every run would seem to kill its worker."""
        for _ in range(STARTS):  # a worker may be killed while it starts
            try:
                opened: object = self._opened.enter_context(self.place.open())
            except (BrokenExecutor, *STARTING) as error:
                self._end()
                if self.place.is_elsewhere and not isinstance(error, BrokenExecutor):
                    raise HarnessError(f"executor {self.place.executor!r} cannot start: {error}") from error
                continue
            except HarnessError:
                raise
            except Exception as error:  # of a plugin's code
                raise PluginError(f"executor {self.place.executor!r} cannot be opened: {place_of(error)}") from error
            if not isinstance(opened, Backend):
                raise PluginError(f"executor {self.place.executor!r} gives {opened!r}, not a harness.Backend")
            self._backend = opened
            return opened
        if self.place.is_elsewhere:
            raise HarnessError(f"executor {self.place.executor!r} cannot start: its workers die at once")
        raise HarnessError(
            "worker processes cannot start here; without them, in this process: harness run --jobs 0, "
            "or harness.run(…, jobs=0)"
        )

    def _end(self) -> None:
        self._opened.close()
        self._backend = None

    def _alone(self, task: Task, complete: Complete | None) -> Iterator[Answer]:
        """Make runs with nothing beside them; if their worker dies, each by itself, or several times."""
        made = self._by_itself(task.job, complete)
        if not isinstance(made, Death):
            yield task.number, task.positions, made
            return
        again: deque[Task] = deque()
        yield from _again(task, made, again)
        for each in again:
            yield from self._alone(each, complete)

    def _by_itself(self, job: Job, complete: Complete | None) -> Done | Death:
        if not self.place.is_elsewhere:
            return run_alone(work, job)
        backend = self.open()
        try:
            made = self._result(self._submit(backend, job), backend)
        except backend.deaths as error:
            self._end()
            return Death(None, said=backend.death(error))
        if isinstance(made, Lacking):
            return self._by_itself(_completed(job, made, complete), complete)
        return made


def _completed(job: Job, lacking: Lacking, complete: Complete | None) -> Job:
    assert complete is not None  # whoever sends jobs elsewhere has both
    assert job.shipment is not None
    return replace(job, shipment=complete(job.shipment, lacking))


def _again(task: Task, death: Death, waiting: deque[Task]) -> Iterator[Answer]:
    """Put runs whose worker has died before all others, each by itself; give up one that has had its tries."""
    if len(task.positions) > 1:
        waiting.extendleft(reversed(task.singles()))
    elif task.deaths + 1 < TRIES:
        waiting.appendleft(replace(task, deaths=task.deaths + 1))
    else:
        yield task.number, task.positions, Done(outcomes=[death])


def _error_of(future: Future[Any]) -> BaseException | None:
    try:
        return future.exception()
    except CancelledError as error:
        return error


def _check(backend: Backend) -> None:
    if why := backend.lost():
        raise RunsLostError(f"{why}; every finished run is kept, and the same command goes on once it is there again")

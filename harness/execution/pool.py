"""A worker pool that replaces workers that die, and tells a run that kills them from one that was unlucky."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.execution.job import Job, work
from harness.execution.output import PRINTED
from harness.execution.processes import STARTING, Death, ctrl_c_ignored, process_pool, run_alone

if TYPE_CHECKING:
    from harness.training.run import Outcome


TRIES = 3
"""How often a run is tried in a process of its own before it is given up."""

STARTS = 5
"""How often a pool is started before that is given up."""


class Workers:
    """A context manager: ``count`` worker processes that stay for a whole study; 0 is this process, for a debugger.

    A component that ends its process ends a worker, not the study, unless ``count`` is 0.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool, self._shared = ExitStack(), ExitStack()
        self._executor: Executor | None = None

    def __enter__(self) -> Workers:
        self._shared.enter_context(PRINTED.shared())
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            self._pool.__exit__(*error)
        finally:
            self._shared.close()

    def run(
        self, jobs: Sequence[Job], goes_on: Callable[[], bool] = lambda: True
    ) -> Iterator[tuple[int, list[Outcome | Death]]]:
        """Each job's number and outcomes, as they come; for a run whose workers all died, the last death as outcome.

        ``goes_on``: asked before a job begins; once it says no, those under way are finished and no other begins.

        A worker that dies takes its pool along and does not say which job was at fault, if any was: the system kills
        workers too. So every job that was under way is repeated alone, then run by run, and only a run that has lost
        three workers of its own is given up.
        """
        waiting = deque(range(len(jobs)))
        running: dict[Future[list[Outcome]], int] = {}
        while (waiting and goes_on()) or running:
            executor = self._executor or self._start()
            suspects = []
            try:
                while waiting and len(running) < max(1, self.count) and goes_on():
                    running[executor.submit(work, jobs[waiting[0]])] = waiting[0]
                    waiting.popleft()
            except (BrokenExecutor, *STARTING):
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
        """Start a pool and try it; HarnessError if it cannot start, or else every run would seem to kill its worker."""
        for _ in range(STARTS):  # a worker may be killed while it starts
            executor = self._pool.enter_context(process_pool(self.count))
            try:
                with ctrl_c_ignored():  # workers inherit it, and so ignore Ctrl-C from their first moment on
                    probes = [executor.submit(os.getpid) for _ in range(max(1, self.count))]  # each starts a worker
                for probe in probes:
                    probe.result()
            except (BrokenExecutor, *STARTING):
                self._pool.close()
                continue
            self._executor = executor
            return executor
        raise HarnessError(
            "worker processes cannot start here; without them, in this process: harness run --jobs 0, "
            "or harness.run(…, jobs=0)"
        )


def _alone(job: Job) -> list[Outcome | Death]:
    """The outcomes of a job in a process of its own; if that dies, of each run in a process of its own, or several."""
    singles = job.singles()
    if len(singles) > 1:
        made = run_alone(work, job)
        return [outcome for single in singles for outcome in _alone(single)] if isinstance(made, Death) else [*made]
    death = Death(None)
    for _ in range(TRIES):
        made = run_alone(work, job)
        if not isinstance(made, Death):
            return [*made]
        death = made
    return [death]

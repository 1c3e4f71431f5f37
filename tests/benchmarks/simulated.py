"""Workers that train nothing: their answers are made up, and come when a clock says so that can be put forward."""

from __future__ import annotations

import heapq
import math
import pickle
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from harness.execution.environment import describe
from harness.execution.job import Done, Job
from harness.execution.place import Place
from harness.execution.shipping import work_there
from harness.plugin.backend import Backend
from harness.plugin.registry import Registry
from harness.study.configuration import Configuration
from harness.training.run import Outcome

SECONDS = {"starting": 0.1, "training": 1.0, "evaluation": 0.1}
POINTS = 5
"""Evaluation points of a made-up run."""


class Clock:
    """Time as the study has it: the real one while the driver is at work, put forward while it waits.

    What the simulation itself needs is no part of it.
    """

    def __init__(self) -> None:
        self._begin = time.perf_counter()
        self._outside = self._forward = 0.0

    def busy(self) -> float:
        """Seconds that the driver was at work."""
        return time.perf_counter() - self._begin - self._outside

    def now(self) -> float:
        """Seconds since the study began, waiting included."""
        return self.busy() + self._forward

    def put_forward_to(self, moment: float) -> None:
        """Let the time until a moment be over; nothing for a moment that is past."""
        self._forward += max(0.0, moment - self.now())

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Within it no time goes by."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self._outside += time.perf_counter() - begin


class Arriving(Future[Any]):
    """A future whose result comes pickled, as one from another machine does."""

    def result(self, timeout: float | None = None) -> Any:
        """What the bytes hold."""
        return pickle.loads(super().result(timeout))


@dataclass(frozen=True, kw_only=True)
class Load:
    """``workers``: how many. ``seconds``: of a run, by half of it more or less; a cohort makes one after the other."""

    workers: int
    seconds: float


class Cluster(Executor):
    """So many workers that are always there, each with one job at a time; jobs begin in the order of their coming."""

    def __init__(self, load: Load, registry: Registry) -> None:
        self.load = load
        self.clock = Clock()
        self._registry = registry
        self._environment = describe(registry)
        self._rng = random.Random(0)
        self._free = [0.0] * load.workers
        self._due: list[tuple[float, int, Arriving, Job]] = []
        self._submitted = 0
        self._changed = threading.Condition()

    def submit(self, function: Callable[..., Any], /, *given: Any, **keywords: Any) -> Future[Any]:
        """Pickle what is given, as every executor must, and say when its answer will come."""
        pickle.dumps((function, given))
        future = Arriving()
        with self.clock.stopped(), self._changed:
            if function is not work_there:
                future.set_result(pickle.dumps(self._environment))
                return future
            [job] = given
            runs = len(job.cohort.configurations)
            begin = max(self.clock.now(), heapq.heappop(self._free))
            end = begin + sum(self._rng.uniform(0.5, 1.5) * self.load.seconds for _ in range(runs))
            heapq.heappush(self._free, end)
            self._submitted += 1
            heapq.heappush(self._due, (end, self._submitted, future, job))
            self._changed.notify()
        return future

    def deliver(self) -> None:
        """Give the answers that are due; where none is, the time until the next one is put forward."""
        with self.clock.stopped():
            if self._due:
                self.clock.put_forward_to(self._due[0][0])
            self._give()

    def _give(self) -> None:
        while self._due and self._due[0][0] <= self.clock.now():
            _, _, future, job = heapq.heappop(self._due)
            future.set_result(pickle.dumps(self._answer(job)))

    @contextmanager
    def in_real_time(self) -> Iterator[None]:
        """Within it answers come when they are due by the clock on the wall."""
        over = threading.Event()

        def give() -> None:
            while not over.is_set():
                with self._changed:
                    self._changed.wait(self._due[0][0] - self.clock.now() if self._due else 0.1)
                    self._give()

        thread = threading.Thread(target=give)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def place(self) -> Place:
        """These workers as a place to make runs."""

        @contextmanager
        def opened() -> Iterator[Backend]:
            yield Backend(executor=self, place="the simulation", workers=lambda: self.load.workers)

        return Place(executor="simulation", open=opened, workers=None, is_elsewhere=True)

    def _answer(self, job: Job) -> Done:
        configurations = job.cohort.configurations
        origins = [
            {choice: self._registry.component(choice, chosen.name).origin for choice, chosen in each.choices}
            for each in configurations
        ]
        outcomes = [made_up(each, job.cohort.seed_index) for each in configurations]
        return Done(outcomes=outcomes, environment=self._environment, origins=origins)


def made_up(configuration: Configuration, seed_index: int) -> Outcome:
    """The outcome of a run, best at a learning rate of 0.01; the same for the same run."""
    lr = dict(configuration["optimiser"].values)["lr"]
    noise = random.Random(f"{configuration.fingerprint} {seed_index}").gauss(0, 1)
    accuracy = max(0.0, min(100.0, 80 - 2 * math.log10(float(lr) / 0.01) ** 2 + noise))
    points = [
        {
            "step": 10 * number, "batch_loss": 1 / number, "train_loss": 1 / number, "train_accuracy": accuracy,
            "dev_loss": 1.5 / number, "dev_accuracy": accuracy, "dev_hits": accuracy,
        }
        for number in range(1, POINTS + 1)
    ]  # fmt: skip
    return Outcome(
        configuration=configuration, seed_index=seed_index, reason="", curve=points, steps=10 * POINTS,
        passes=10 * POINTS, path="shared", seconds=dict(SECONDS), processor_seconds=dict(SECONDS), model=None,
    )  # fmt: skip

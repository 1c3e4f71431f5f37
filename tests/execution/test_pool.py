"""Workers: every job comes back once, whoever dies on the way."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import nullcontext
from typing import Any

import pytest

from harness.errors import HarnessError, ResultError
from harness.execution.job import Done, Job
from harness.execution.place import Place, here
from harness.execution.pool import Answer, Workers
from harness.execution.processes import Death
from harness.plugin.backend import Backend
from harness.study.configuration import Selection

from support.cohorts import cohort_of, configure
from support.paths import TINY, TINY_DIGEST


def collected(groups: Iterable[list[Answer]]) -> dict[int, dict[int, Any]]:
    """Number of a job → position in its cohort → outcome."""
    found: dict[int, dict[int, Any]] = defaultdict(dict)
    for answers in groups:
        for number, positions, done in answers:
            found[number] |= dict(zip(positions, done.outcomes, strict=True))
    return found


class InGroups(Executor):
    """Answers nothing until it has so many jobs, and then all of them."""

    def __init__(self, size: int, answer: Callable[[Job], Done]) -> None:
        self.size, self.answer = size, answer
        self.given: list[tuple[Future[Done], Job]] = []

    def submit(self, function, job):  # type: ignore[no-untyped-def]
        future: Future[Done] = Future()
        self.given.append((future, job))
        if len(self.given) == self.size:
            for each, of in self.given:
                try:
                    each.set_result(self.answer(of))
                except ResultError as error:
                    each.set_exception(error)
            self.given = []
        return future

    def place(self) -> Place:
        backend = Backend(executor=self, place="here", workers=lambda: self.size)
        return Place(executor="in groups", open=lambda: nullcontext(backend), workers=self.size)


@pytest.fixture
def make_job(registry):
    def make(*optimisers: str, seed_index: int = 0) -> Job:
        configurations = [configure(registry, optimiser=(name, {})) for name in optimisers]
        return Job(
            cohort=cohort_of(*configurations, seed_index=seed_index), sources=(TINY,), digest=TINY_DIGEST,
            problem=Selection.of("tiny", {"seed": 0, "examples": 300}),
        )  # fmt: skip

    return make


def test_without_processes_jobs_are_done_here_in_order(make_job):
    with Workers(here(0)) as workers:
        done = list(workers.run([make_job("adam"), make_job("sgd", "raising")]))
    assert [[(number, [each.reason for each in made.outcomes]) for number, _, made in group] for group in done] == [
        [(0, [""])], [(1, ["", "RuntimeError: raised after 3 steps"])],
    ]  # fmt: skip


def test_answers_that_are_there_at_one_time_come_together_and_in_their_order(make_job):
    executor = InGroups(3, lambda job: Done(outcomes=[Death(job.cohort.seed_index)]))
    with Workers(executor.place()) as workers:
        groups = list(workers.run([make_job("adam", seed_index=number) for number in range(6)]))
    assert [[(number, done.outcomes[0].exit_code) for number, _, done in group] for group in groups] == [
        [(0, 0), (1, 1), (2, 2)], [(3, 3), (4, 4), (5, 5)],
    ]  # fmt: skip


def test_an_error_of_one_job_loses_no_answer_that_came_with_it(make_job):
    def answer(job: Job) -> Done:
        if job.cohort.seed_index == 1:
            raise ResultError("its data have changed")
        return Done(outcomes=[Death(0)])

    with Workers(InGroups(3, answer).place()) as workers:
        groups = workers.run([make_job("adam", seed_index=number) for number in range(3)])
        assert [number for number, _, _ in next(groups)] == [0, 2]
        with pytest.raises(ResultError, match="its data have changed"):
            next(groups)


def test_nothing_to_do_starts_nobody(monkeypatch):
    monkeypatch.setattr("harness.execution.processes.process_pool", lambda count: pytest.fail("started"))
    with Workers(here(2)) as workers:
        assert list(workers.run([])) == []


@pytest.mark.slow
def test_a_run_that_kills_its_worker_costs_nobody_else_an_outcome(make_job):
    jobs = [make_job("adam", seed_index=0), make_job("sgd", "deadly", seed_index=1), make_job("sgd", seed_index=2)]
    with Workers(here(2)) as workers:
        done = collected(workers.run(jobs))
        assert [sorted(done[number]) for number in range(3)] == [[0], [0, 1], [0]]
        died = [isinstance(outcomes[at], Death) for _, outcomes in sorted(done.items()) for at in sorted(outcomes)]
        assert died == [False, False, True, False]
        assert str(done[1][1]).startswith("its worker process ended with exit code ")
        again = collected(workers.run(jobs[2:]))[0]
    assert again[0].curve == done[2][0].curve, "the pool is there again, and its numbers are the same"


def test_workers_that_cannot_start_are_no_runs_fault(make_job, monkeypatch):
    def broken(self, *_):
        raise BrokenExecutor

    monkeypatch.setattr("harness.execution.processes.SerialExecutor.submit", broken)
    message = r"worker processes cannot start here; without them, in this process: .*harness\.run\(…, jobs=0\)"
    with pytest.raises(HarnessError, match=message), Workers(here(0)) as workers:
        list(workers.run([make_job("adam")]))


@pytest.mark.slow
def test_a_worker_that_is_killed_from_outside_changes_no_outcome(make_job):
    """Once among others, then alone: three deaths in a row would be needed before a run is given up."""
    jobs = [make_job("adam", seed_index=number) for number in range(4)]
    undisturbed = [outcomes[0].curve for _, outcomes in sorted(collected(Workers(here(0)).run(jobs)).items())]
    with Workers(here(2)) as workers:
        found = {}
        for group in workers.run(jobs):
            found |= {number: done.outcomes[0].curve for number, _, done in group}
            for child in multiprocessing.active_children()[:1] if len(found) < 3 else ():
                os.kill(child.pid, signal.SIGKILL)
    assert [found[number] for number in range(4)] == undisturbed


@pytest.mark.parametrize("deaths", [1, 2, 3])
def test_a_run_has_three_tries_alone(make_job, monkeypatch, deaths):
    tried = []

    def dying(function, job):
        tried.append(len(job.cohort.configurations))
        return Death(-9, 3 << 30) if len(tried) <= deaths else function(job)

    def broken(self, *_):
        raise BrokenExecutor

    monkeypatch.setattr("harness.execution.pool.run_alone", dying)
    workers = Workers(here(0))
    workers._start()
    monkeypatch.setattr("harness.execution.processes.SerialExecutor.submit", broken)
    [outcome] = collected(workers.run([make_job("adam")]))[0].values()
    assert tried == [1] * min(deaths + 1, 3)
    assert isinstance(outcome, Death) == (deaths == 3)
    if deaths == 3:
        assert str(outcome) == "its worker process was killed by SIGKILL, with 3.0 GiB of memory (out of memory?)"


@pytest.mark.parametrize(
    ("death", "said"),
    [
        (Death(None), "its worker process did not start"),
        (Death(7), "its worker process ended with exit code 7"),
        (Death(-11, 1 << 30), "its worker process was killed by SIGSEGV, with 1.0 GiB of memory"),
        (Death(-63), "its worker process was killed by signal 63"),
    ],
)
def test_a_death_names_its_cause(death, said):
    assert str(death) == said


@pytest.mark.slow
def test_workers_that_die_while_they_start_are_started_again(make_job, monkeypatch):
    real, deaths = ProcessPoolExecutor.submit, [2]

    def submit(self, function, *given):
        if function is os.getpid and deaths[0]:
            deaths[0] -= 1
            return real(self, os._exit, 1)
        return real(self, function, *given)

    monkeypatch.setattr(ProcessPoolExecutor, "submit", submit)
    with Workers(here(1)) as workers:
        [outcome] = collected(workers.run([make_job("adam")]))[0].values()
    assert outcome.reason == ""
    assert deaths == [0]

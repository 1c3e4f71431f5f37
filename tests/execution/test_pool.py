"""Workers: every job comes back once, whoever dies on the way."""

from __future__ import annotations

from concurrent.futures import BrokenExecutor

import pytest

from harness.errors import HarnessError
from harness.execution.job import Job
from harness.execution.pool import Workers
from harness.execution.processes import Death
from harness.study.configuration import Selection

from support.cohorts import cohort_of, configure
from support.paths import TINY, TINY_DIGEST


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
    with Workers(0) as workers:
        done = list(workers.run([make_job("adam"), make_job("sgd", "raising")]))
    assert [(number, [outcome.reason for outcome in outcomes]) for number, outcomes in done] == [
        (0, [""]), (1, ["", "RuntimeError: raised after 3 steps"]),
    ]  # fmt: skip


def test_nothing_to_do_starts_nobody(monkeypatch):
    monkeypatch.setattr("harness.execution.pool.process_pool", lambda count: pytest.fail("started"))
    with Workers(2) as workers:
        assert list(workers.run([])) == []


@pytest.mark.slow
def test_a_run_that_kills_its_worker_costs_nobody_else_an_outcome(make_job):
    jobs = [make_job("adam", seed_index=0), make_job("sgd", "deadly", seed_index=1), make_job("sgd", seed_index=2)]
    with Workers(2) as workers:
        done = dict(workers.run(jobs))
        assert sorted(done) == [0, 1, 2]
        assert [isinstance(outcome, Death) for number in sorted(done) for outcome in done[number]] == [
            False, False, True, False,
        ]  # fmt: skip
        assert str(done[1][1]).startswith("its worker process ended with exit code ")
        [(_, again)] = workers.run(jobs[2:])
    assert again[0].curve == done[2][0].curve, "the pool is there again, and its numbers are the same"


def test_workers_that_cannot_start_are_no_runs_fault(make_job, monkeypatch):
    def broken(self, *_):
        raise BrokenExecutor

    monkeypatch.setattr("harness.execution.processes.SerialExecutor.submit", broken)
    message = r"worker processes cannot start here; without them, in this process: .*harness\.run\(…, jobs=0\)"
    with pytest.raises(HarnessError, match=message), Workers(0) as workers:
        list(workers.run([make_job("adam")]))

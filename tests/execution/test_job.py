"""A job: which runs share one, and what a worker makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from harness.errors import ResultError
from harness.execution.job import Job, group_requests, work
from harness.study.configuration import Configuration, Selection

from support.cohorts import cohort_of, configure
from support.paths import TINY, TINY_DIGEST


@dataclass(frozen=True, eq=False)
class Asked:
    """As much of a request as its cohort depends on."""

    seed_index: int
    configuration: Configuration


def job(registry, *optimisers: str, digest: str = TINY_DIGEST) -> Job:
    configurations = [configure(registry, optimiser=(name, {})) for name in optimisers]
    tiny = Selection.of("tiny", {"seed": 0, "examples": 300})
    return Job(cohort=cohort_of(*configurations), problem=tiny, digest=digest, sources=(TINY,))


def test_cohorts_share_their_seed_index_and_leave_no_worker_idle(registry):
    requests = [Asked(index, configure(registry)) for index in (0, 0, 0, 0, 0, 1, 1)]
    grouped = group_requests(requests, workers=2)
    asked = [id(request) for cohort in grouped for request in cohort]
    assert sorted(asked) == sorted(map(id, requests))
    assert all(len({request.seed_index for request in cohort}) == 1 for cohort in grouped)
    assert max(map(len, grouped)) <= 4
    assert len(group_requests(requests[:2], workers=2)) == 2


def test_runs_of_other_lengths_are_in_other_cohorts(registry):
    requests = [Asked(0, configure(registry, training={"epochs": epochs})) for epochs in (1, 2, 1, 2)]
    lengths = [{request.configuration.training.epochs for request in cohort} for cohort in group_requests(requests, 1)]
    assert sorted(map(sorted, lengths)) == [[1], [2]]


def test_a_worker_gives_one_outcome_a_run_without_its_model(registry):
    outcomes = work(job(registry, "adam", "raising", "sgd")).outcomes
    assert [outcome.reason for outcome in outcomes] == ["", "RuntimeError: raised after 3 steps", ""]
    assert [outcome.model for outcome in outcomes] == [None] * 3


def test_the_runs_of_a_job_alone_are_those_of_the_job(registry):
    whole = job(registry, "adam", "sgd")
    alone = [work(single).outcomes for single in whole.singles()]
    together = work(whole).outcomes
    assert [[outcome.curve] for outcome in together] == [[outcome.curve for outcome in one] for one in alone]


def test_a_worker_refuses_data_that_are_not_the_drivers(registry):
    with pytest.raises(ResultError, match="problem 'tiny' is not what it was when the study began"):
        work(job(registry, "adam", digest="other"))

"""Job: a cohort of runs and all that a worker needs to make them; ``work`` makes them."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.errors import ResultError
from harness.execution.output import finish_line
from harness.records.record import Request

if TYPE_CHECKING:
    from harness.execution.processes import Death
    from harness.execution.shipping import Shipment
    from harness.plugin.problem import Problem
    from harness.plugin.registry import Registry
    from harness.study.configuration import Selection
    from harness.training.cohort import Cohort
    from harness.training.run import Outcome


@dataclass(frozen=True, kw_only=True)
class Job:
    """A cohort, and all that a worker needs to make its runs, as plain data that is sent between processes.

    ``problem``: name and values of the problem. ``digest``: the digest of the problem that the driver has loaded.
    ``sources``: the plugin files and modules to build the registry from. ``shipment``: what a worker elsewhere needs
    beside, to be sure that it has what the driver has; None for workers of this machine.
    """

    cohort: Cohort
    problem: Selection
    digest: str
    sources: tuple[str, ...]
    shipment: Shipment | None = None

    def singles(self) -> list[Job]:
        """The job split into one job for each run."""
        return [
            replace(self, cohort=replace(self.cohort, configurations=(configuration,)))
            for configuration in self.cohort.configurations
        ]


@dataclass(frozen=True, kw_only=True)
class Done:
    """What has become of a job's runs.

    ``outcomes``: in the order of the cohort; a death for a run whose workers all died. ``environment``: of the worker,
    as environment.json keeps it, and ``origins``: where the components of each run came from there, by choice; None
    where worker and driver share a machine, and so both.
    """

    outcomes: Sequence[Outcome | Death]
    environment: Mapping[str, Any] | None = None
    origins: Sequence[Mapping[str, Mapping[str, str]]] | None = None


def work(job: Job) -> Done:
    """Make a job's runs in this process, which has loaded what the driver has."""
    registry, problem = _load(job.sources, job.problem)
    if problem.digest != job.digest:
        raise ResultError(
            f"problem {job.problem.name!r} is not what it was when the study began: its data have changed"
        )
    return Done(outcomes=outcomes_of(job.cohort, problem, registry))


def outcomes_of(cohort: Cohort, problem: Problem, registry: Registry) -> list[Outcome]:
    """Train a cohort in this process; the outcomes come without models, since only numbers are sent back."""
    from harness.training.engine import train

    observe = registry.observe if registry.has_observers else None
    try:
        return [outcome.without_model() for outcome in train(cohort, problem, registry, observe)]
    finally:
        finish_line()


_LOADED: dict[tuple[tuple[str, ...], Selection], tuple[Registry, Problem]] = {}
"""(sources of the registry, selection of the problem) → registry and problem that this process has loaded.

A cache per process is right: jobs come as plain data, loading takes seconds, and one pair serves all jobs of a study.
"""


def remember_loaded(registry: Registry, selection: Selection, problem: Problem) -> None:
    """Let the jobs of this process use a registry and a problem that are loaded already."""
    _LOADED[registry.sources, selection] = registry, problem


def _load(sources: tuple[str, ...], selection: Selection) -> tuple[Registry, Problem]:
    """The registry and the problem that a job names; loaded now if no earlier job of this process has done so."""
    from harness.plugin.registry import build_registry

    if (sources, selection) not in _LOADED:
        registry = build_registry(sources)
        problem = registry.component("problem", selection.name).build(**dict(selection.values))
        remember_loaded(registry, selection, problem)
    return _LOADED[sources, selection]


COHORT = 4
"""Largest cohort: if one run kills its worker, all runs of the cohort are repeated."""


def group_requests(requests: Sequence[Request], workers: int) -> list[list[Request]]:
    """The requests by cohort: runs of one seed index, batch size and number of epochs; ``workers`` finish together."""
    groups: dict[tuple[int, int, int], list[Request]] = defaultdict(list)
    for request in requests:
        training = request.configuration.training
        groups[request.seed_index, training.batch_size, training.epochs].append(request)
    rounds = math.ceil(len(requests) / (workers * COHORT))
    size = math.ceil(len(requests) / (workers * max(1, rounds)))
    return [group[start : start + size] for group in groups.values() for start in range(0, len(group), size)]

"""Job: a cohort of runs and all that a worker needs; what a worker does with it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.errors import ResultError
from harness.records.record import Request

if TYPE_CHECKING:
    from harness.plugin.problem import Problem
    from harness.plugin.registry import Registry
    from harness.study.configuration import Selection
    from harness.training.cohort import Cohort
    from harness.training.run import Outcome


@dataclass(frozen=True, kw_only=True)
class Job:
    """A cohort, and all that a worker needs to make its runs: plain data, as it travels between processes.

    ``problem``: name and values of the problem. ``digest``: of the problem's data, as the driver has them.
    ``sources``: the plugin files and modules to build the registry from.
    """

    cohort: Cohort
    problem: Selection
    digest: str
    sources: tuple[str, ...]

    def singles(self) -> list[Job]:
        """The same as one job for each run."""
        return [
            replace(self, cohort=replace(self.cohort, configurations=(configuration,)))
            for configuration in self.cohort.configurations
        ]


def work(job: Job) -> list[Outcome]:
    """Train a job's cohort in this process. The models stay here: only numbers travel."""
    from harness.training.engine import train

    registry, problem = _workplace(job.sources, job.problem)
    if problem.digest != job.digest:
        raise ResultError(
            f"problem {job.problem.name!r} is not what it was when the study began: its data have changed"
        )
    observe = registry.observe if registry.has_observers else None
    return [outcome.without_model() for outcome in train(job.cohort, problem, registry, observe)]


_WORKPLACES: dict[tuple[tuple[str, ...], Selection], tuple[Registry, Problem]] = {}
"""The registry and the problem that jobs of this process use, by the registry's sources and the problem's selection:
a worker loads them once, whatever the number of its jobs."""


def furnish(registry: Registry, selection: Selection, problem: Problem) -> None:
    """Let the jobs of this process use a registry and a problem that are loaded already."""
    _WORKPLACES[registry.sources, selection] = registry, problem


def _workplace(sources: tuple[str, ...], selection: Selection) -> tuple[Registry, Problem]:
    """The registry and the problem that a job names, loaded now where no earlier job of this process did."""
    from harness.plugin.registry import build_registry

    if (sources, selection) not in _WORKPLACES:
        registry = build_registry(sources)
        problem = registry.component("problem", selection.name).build(**dict(selection.values))
        furnish(registry, selection, problem)
    return _WORKPLACES[sources, selection]


COHORT = 4
"""The most runs of a cohort: as many are lost, and made again, where one of them kills its worker."""


def make_cohorts(requests: Sequence[Request], workers: int) -> list[list[Request]]:
    """The requests in cohorts: runs of one share seed index, batch size and epochs, and ``workers`` finish together."""
    groups: dict[tuple[int, int, int], list[Request]] = defaultdict(list)
    for request in requests:
        training = request.configuration.training
        groups[request.seed_index, training.batch_size, training.epochs].append(request)
    rounds = math.ceil(len(requests) / (workers * COHORT))
    size = math.ceil(len(requests) / (workers * max(1, rounds)))
    return [group[start : start + size] for group in groups.values() for start in range(0, len(group), size)]

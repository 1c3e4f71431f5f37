"""``train``: a cohort of runs in, their outcomes out. The seam at which another engine could stand."""

from __future__ import annotations

from harness.plugin.problem import Problem
from harness.plugin.registry import Registry
from harness.training.cohort import Cohort, batches
from harness.training.isolation import one_thread
from harness.training.run import Observe, Outcome, Run


def train(cohort: Cohort, problem: Problem, registry: Registry, observe: Observe | None = None) -> list[Outcome]:
    """Train every configuration of the cohort; one outcome each, in order. A run that fails leaves the others alone."""
    with one_thread():
        runs = [Run(each, cohort, problem, registry, observe) for each in cohort.configurations]
        for batch in batches(cohort, problem):
            for run in runs:
                run.advance(batch)
            if all(run.reason for run in runs):
                break
        return [run.finish() for run in runs]

"""The training engine: ``train`` turns a cohort into outcomes. Another engine would offer the same ``train``.

This engine trains the runs of a cohort side by side, one batch after another.
"""

from __future__ import annotations

from harness.plugin.problem import Problem
from harness.plugin.registry import Registry
from harness.training.cohort import Cohort, batches
from harness.training.isolation import one_thread
from harness.training.run import Observe, Outcome, Run


def train(cohort: Cohort, problem: Problem, registry: Registry, observe: Observe | None = None) -> list[Outcome]:
    """Train every configuration of the cohort: one outcome each, in order. A failed run does not stop the others."""
    with one_thread():
        runs = [Run(configuration, cohort, problem, registry, observe) for configuration in cohort.configurations]
        for batch in batches(cohort, problem):
            for run in runs:
                run.advance(batch)
            if all(run.reason for run in runs):
                break
        return [run.finish() for run in runs]

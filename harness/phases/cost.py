"""``harness run --dry-run``: build everything, take one step in each arm, and say what the study will cost."""

from __future__ import annotations

import resource
import sys
import time
from dataclasses import dataclass

import torch
from torch import Tensor

from harness.errors import HarnessError
from harness.phases.workload import count_arm_runs
from harness.plugin.registry import Registry
from harness.study import seeds
from harness.study.arm import Arm
from harness.study.plan import Plan
from harness.training.cohort import Cohort, batches, count_steps, evaluation_steps
from harness.training.evaluation import evaluate
from harness.training.run import Run


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What the runs of an arm will cost, as far as its first step tells.

    ``runs``: how many the arm has, in all phases. ``parameters``: of its model. ``seconds``: of a whole run, estimated.
    ``memory``: bytes of a run's parameters, gradients and optimiser state.
    """

    arm: Arm
    runs: int
    parameters: int
    seconds: float
    memory: int


def measure_cost(plan: Plan, arm: Arm, registry: Registry, device: str) -> Cost:
    """Take one step of the arm's defaults and evaluate once, both timed; HarnessError if that fails."""
    configuration = arm.configuration(arm.defaults())
    cohort = Cohort(
        configurations=(configuration,), study_seed=plan.study.seed, seed_index=seeds.TUNING[0], device=device
    )  # fmt: skip
    run = Run(configuration, cohort, plan.problem, registry)
    run.advance(next(batches(cohort, plan.problem)))
    if run.reason or run.learner is None:
        raise HarnessError(f"arm {arm.name!r} fails: {run.reason}")
    begin = time.perf_counter()
    evaluate(run.learner.model, plan.problem, arm.training.probe, with_score=True)
    evaluation = time.perf_counter() - begin
    steps, points = count_steps(arm.training, plan.problem), len(evaluation_steps(arm.training, plan.problem))
    parameters = list(run.learner.model.parameters())
    state = [
        value for entry in run.learner.optimiser.state.values() for value in entry.values() if isinstance(value, Tensor)
    ]
    return Cost(
        arm=arm,
        runs=sum(count_arm_runs(arm, plan.study).values()),
        parameters=sum(parameter.numel() for parameter in parameters),
        seconds=run.seconds["starting"] + run.seconds["training"] * steps + evaluation * points,
        memory=_bytes(2 * parameters) + _bytes(state),
    )


def _bytes(tensors: list[torch.nn.Parameter] | list[Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def process_bytes() -> int:
    """The most bytes that this process has needed so far: it holds the problem and every import, as a worker does."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

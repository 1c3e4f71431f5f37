"""The cost of a study, for ``harness run --dry-run``: build everything and time one step of each arm."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from harness.errors import HarnessError
from harness.execution.job import COHORT
from harness.phases.workload import count_arm_runs, count_runs, most_rounds
from harness.plugin.registry import Registry
from harness.records.record import Phase
from harness.study import seeds
from harness.study.arm import Arm
from harness.study.plan import Plan
from harness.training.cohort import Cohort, batches, count_steps, evaluation_steps
from harness.training.evaluation import evaluate
from harness.training.isolation import one_thread
from harness.training.run import Run


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of an arm's runs, estimated from one step.

    ``runs``: number of runs in all phases. ``parameters``: number of the model's parameters. ``seconds``: time of a
    whole run. ``memory``: bytes of a run's parameters, gradients and optimiser state.
    """

    arm: Arm
    runs: int
    parameters: int
    seconds: float
    memory: int


@dataclass(frozen=True, kw_only=True)
class StudyCost:
    """The cost of a study with some number of workers. ``memory``: in bytes.

    ``runs``: by phase, if none fails and no range is widened. ``rounds``: of widening, at most, in each repeat of the
    search; with all of them, and all blocks of seeds of a study that goes on until it is decided, there are
    ``most_runs`` runs, which take ``most_seconds``.
    """

    arms: Sequence[Cost]
    runs: Mapping[Phase, int]
    seconds: float
    memory: int
    rounds: int
    most_runs: Mapping[Phase, int]
    most_seconds: float


def estimate_cost(plan: Plan, registry: Registry, jobs: int, device: str) -> StudyCost:
    """The cost of a study with ``jobs`` workers (0 counts as 1), from a step of each arm; HarnessError if one fails."""
    with one_thread():
        # The first steps of a process are slow, and would be counted.
        _measure(plan, plan.arms[0], registry, device)
        arms = [_measure(plan, arm, registry, device) for arm in plan.arms]
    jobs, rounds = max(1, jobs), most_rounds(plan)
    most = [sum(count_arm_runs(cost.arm, plan, rounds=rounds, looks=True).values()) for cost in arms]
    return StudyCost(
        arms=arms, runs=count_runs(plan), seconds=sum(cost.seconds * cost.runs for cost in arms) / jobs,
        rounds=rounds, most_runs=count_runs(plan, rounds=rounds, looks=True),
        most_seconds=sum(cost.seconds * runs for cost, runs in zip(arms, most, strict=True)) / jobs,
        memory=_process_bytes() + jobs * (_process_bytes() + COHORT * max(cost.memory for cost in arms)),
    )  # fmt: skip


def _measure(plan: Plan, arm: Arm, registry: Registry, device: str) -> Cost:
    """Take one step of the arm's defaults and evaluate once, both timed; HarnessError if a step fails."""
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
        runs=sum(count_arm_runs(arm, plan).values()),
        parameters=sum(parameter.numel() for parameter in parameters),
        seconds=run.seconds["starting"] + run.seconds["training"] * steps + evaluation * points,
        memory=_bytes(2 * parameters) + _bytes(state),
    )


def _bytes(tensors: list[torch.nn.Parameter] | list[Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _process_bytes() -> int:
    """The most bytes that this process has used so far: like a worker, it holds the problem and every import."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

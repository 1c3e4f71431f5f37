"""The cost of a study, for ``harness run --dry-run``: build everything and time one step of each arm."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.errors import HarnessError
from harness.execution.machine import process_bytes
from harness.execution.memory import memory_of
from harness.phases.workload import count_arm_runs, count_runs, most_rounds
from harness.plugin.registry import Registry
from harness.records.record import Phase
from harness.study import seeds
from harness.study.arm import Arm
from harness.study.plan import Plan
from harness.training.cohort import Cohort, batches, count_steps, evaluation_steps
from harness.training.evaluation import evaluate
from harness.training.isolation import one_thread
from harness.training.memory import Footprint, footprint
from harness.training.run import Run


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of an arm's runs, estimated from one step.

    ``runs``: number of runs in all phases. ``parameters``: number of the model's parameters. ``seconds``: time of a
    whole run. ``footprint``: what it needs in memory.
    """

    arm: Arm
    runs: int
    parameters: int
    seconds: float
    footprint: Footprint


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
    """The cost of a study with ``jobs`` workers, from a step of each arm; HarnessError if one fails.

    0 workers take the time of one, and the memory of this process alone.
    """
    process = process_bytes()  # now: what the steps below leave behind is in the footprints too
    with one_thread():
        # The first steps of a process are slow, and would be counted.
        _measure(plan, plan.arms[0], registry, device)
        arms = [_measure(plan, arm, registry, device) for arm in plan.arms]
    memory = memory_of(plan, [cost.footprint for cost in arms], process).with_jobs(jobs)
    jobs, rounds = max(1, jobs), most_rounds(plan)
    most = [sum(count_arm_runs(cost.arm, plan, rounds=rounds, looks=True).values()) for cost in arms]
    return StudyCost(
        arms=arms, runs=count_runs(plan), seconds=sum(cost.seconds * cost.runs for cost in arms) / jobs,
        rounds=rounds, most_runs=count_runs(plan, rounds=rounds, looks=True),
        most_seconds=sum(cost.seconds * runs for cost, runs in zip(arms, most, strict=True)) / jobs,
        memory=memory,
    )  # fmt: skip


def _measure(plan: Plan, arm: Arm, registry: Registry, device: str) -> Cost:
    """Take one step of the arm's defaults and evaluate once, both timed; HarnessError if a step fails."""
    configuration = arm.configuration(arm.defaults())
    cohort = Cohort(
        configurations=(configuration,), study_seed=plan.study.seed, seed_index=seeds.TUNING[0], device=device
    )  # fmt: skip
    run = Run(configuration, cohort, plan.problem, registry)
    batch = next(batches(cohort, plan.problem))
    run.advance(batch)
    if run.reason or run.learner is None:
        raise HarnessError(f"arm {arm.name!r} fails: {run.reason}")
    begin = time.perf_counter()
    evaluate(run.learner.model, plan.problem, arm.training.probe, with_score=True)
    evaluation = time.perf_counter() - begin
    steps, points = count_steps(arm.training, plan.problem), len(evaluation_steps(arm.training, plan.problem))
    parameters = list(run.learner.model.parameters())
    return Cost(
        arm=arm,
        runs=sum(count_arm_runs(arm, plan).values()),
        parameters=sum(parameter.numel() for parameter in parameters),
        seconds=run.seconds["starting"] + run.seconds["training"] * steps + evaluation * points,
        footprint=footprint(run.learner, batch),
    )

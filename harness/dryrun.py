"""``harness run --dry-run``: build everything, take one step in each arm, and say what the study will cost."""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import dataclass

import torch
from torch import Tensor

from harness import seeds
from harness.cohort import Cohort, batches, count_steps, evaluation_steps
from harness.errors import HarnessError
from harness.evaluation import evaluate
from harness.plan import Plan
from harness.progress import duration
from harness.registry import Registry
from harness.render import text_table
from harness.space import Arm
from harness.training import Run, one_thread
from harness.workload import COHORT, count_arm_runs, count_runs


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """What an arm's first step tells of its runs.

    ``seconds``: of a whole run, estimated. ``memory``: bytes of a run's parameters, gradients and optimiser state.
    """

    arm: Arm
    runs: int
    parameters: int
    seconds: float
    memory: int


def dry_run(plan: Plan, registry: Registry, jobs: int, device: str, *, as_json: bool) -> str:
    """The text of a dry run; HarnessError if an arm fails."""
    with one_thread():
        _rehearse(plan, plan.arms[0], registry, device)  # the first steps of a process are slow, and would be counted
        rehearsals = [_rehearse(plan, arm, registry, device) for arm in plan.arms]
    runs = count_runs(plan)
    jobs = max(1, jobs)
    seconds = sum(each.seconds * each.runs for each in rehearsals) / jobs
    memory = _process_bytes() + jobs * (_process_bytes() + COHORT * max(each.memory for each in rehearsals))
    if as_json:
        report = {"runs": runs, "estimated_seconds": seconds, "estimated_bytes": memory, **plan.to_json()}
        return json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    rows = [
        [
            each.arm.name,
            str(each.runs),
            f"{each.parameters:,}",
            str(count_steps(each.arm.training, plan.problem)),
            duration(each.seconds),
            "  ".join(f"{name} {domain}" for name, domain in each.arm.dimensions().items()) or "nothing",
        ]
        for each in rehearsals
    ]
    header = ["arm", "runs", "parameters", "steps", "a run", "searches"]
    total = ", ".join(f"{phase} {count}" for phase, count in runs.items())
    return (
        f"{plan.study.question}\n\n{text_table(header, rows, [False, True, True, True, True, False])}\n"
        f"{sum(runs.values())} runs ({total}): about {duration(seconds)} with --jobs {jobs}, "
        f"about {memory / 2**30:.1f} GiB of memory\nnothing was written\n"
    )


def _rehearse(plan: Plan, arm: Arm, registry: Registry, device: str) -> Rehearsal:
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
        each for entry in run.learner.optimiser.state.values() for each in entry.values() if isinstance(each, Tensor)
    ]
    return Rehearsal(
        arm=arm,
        runs=sum(count_arm_runs(arm, plan.study).values()),
        parameters=sum(each.numel() for each in parameters),
        seconds=run.seconds["starting"] + run.seconds["training"] * steps + evaluation * points,
        memory=_bytes(2 * parameters) + _bytes(state),
    )


def _bytes(tensors: list[torch.nn.Parameter] | list[Tensor]) -> int:
    return sum(each.numel() * each.element_size() for each in tensors)


def _process_bytes() -> int:
    """What this process, which holds the problem and every import as a worker does, has needed at most."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

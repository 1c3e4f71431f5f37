"""``harness run --dry-run``: what a study would cost."""

from __future__ import annotations

import json

from harness.execution.job import COHORT
from harness.phases.cost import measure_cost, process_bytes
from harness.phases.workload import count_runs
from harness.plugin.registry import Registry
from harness.report.formats import text_table
from harness.study.plan import Plan
from harness.training.cohort import count_steps
from harness.training.isolation import one_thread
from harness.wording import duration


def dry_run(plan: Plan, registry: Registry, jobs: int, device: str, *, as_json: bool) -> str:
    """The text of a dry run; HarnessError if an arm fails."""
    with one_thread():
        # The first steps of a process are slow, and would be counted.
        measure_cost(plan, plan.arms[0], registry, device)
        costs = [measure_cost(plan, arm, registry, device) for arm in plan.arms]
    runs = count_runs(plan)
    jobs = max(1, jobs)
    seconds = sum(each.seconds * each.runs for each in costs) / jobs
    memory = process_bytes() + jobs * (process_bytes() + COHORT * max(each.memory for each in costs))
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
        for each in costs
    ]
    header = ["arm", "runs", "parameters", "steps", "a run", "searches"]
    total = ", ".join(f"{phase} {count}" for phase, count in runs.items())
    return (
        f"{plan.study.question}\n\n{text_table(header, rows, [False, True, True, True, True, False])}\n"
        f"{sum(runs.values())} runs ({total}): about {duration(seconds)} with --jobs {jobs}, "
        f"about {memory / 2**30:.1f} GiB of memory\nnothing was written\n"
    )

"""What training needs: the formula of harness/training/memory.py, and what a fresh process really took."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

from synthetic import Sizes, synthetic
from workbench import cohort_of, configuration, tell

from harness.plugin.problem import Problem
from harness.plugin.registry import build_registry
from harness.report.formats import text_table
from harness.study.configuration import ModelSettings, TrainingSettings
from harness.training.cohort import Batch, batches
from harness.training.isolation import one_thread
from harness.training.learner import Learner
from harness.training.memory import footprint, problem_bytes
from harness.training.run import Run

MIB = 2**20
ROWS: list[dict[str, int]] = [
    {"vocabulary": 10_000}, {"vocabulary": 1_000_000}, {"cohort": 1}, {"cohort": 4}, {"cohort": 16},
    {"cohort": 8, "vocabulary": 60_000}, {"cohort": 8, "hidden": 400}, {"cohort": 8, "batch": 512},
]  # fmt: skip


def memory(*, quick: bool) -> list[dict[str, Any]]:
    """A fresh process for each size."""
    found = []
    for varied in ROWS[:1] if quick else ROWS:
        what = ", ".join(f"{dimension} {value:,}" for dimension, value in varied.items())
        tell(f"memory: {what}")
        done = subprocess.run(
            [sys.executable, __file__, json.dumps(varied)], stdout=subprocess.PIPE, encoding="utf-8", check=True
        )
        found.append({"what": what, **json.loads(done.stdout)})
    return found


def measure(sizes: Sizes) -> dict[str, int | None]:
    """Bytes by the formula and by the growth of this process, from before the problem is built to the third step."""
    registry = build_registry()
    _train(Sizes(vocabulary=1000, batch=32), registry)  # what torch needs to begin with is no run's
    before = _resident("VmRSS")
    _forget_peak()
    problem, learner, batch = _train(sizes, registry)
    peak = _resident("VmHWM")
    of_problem, of_run = problem_bytes(problem), footprint(learner, batch)
    runs, step = sizes.cohort * of_run.kept, of_run.step
    cohort = of_run.cohort(sizes.cohort)
    return {
        "problem": of_problem, "runs": runs, "step": step, "holes": cohort - runs - step,
        "formula": of_problem + cohort, "measured": peak - before if peak and before else None,
    }  # fmt: skip


def _train(sizes: Sizes, registry: Any) -> tuple[Problem, Learner, Batch]:
    """Three steps of a cohort: the problem, a learner and the last step's batch."""
    problem = synthetic(sizes)
    training = TrainingSettings(batch_size=sizes.batch, epochs=1)
    cohort = cohort_of(configuration(registry, training, ModelSettings(hidden_dim=sizes.hidden)), sizes.cohort)
    with one_thread():
        runs = [Run(each, cohort, problem, registry) for each in cohort.configurations]
        for batch in islice(batches(cohort, problem), 3):
            for run in runs:
                run.advance(batch)
    learner = runs[0].learner
    if learner is None or any(run.reason for run in runs):
        raise RuntimeError(f"a run failed: {runs[0].reason}")
    return problem, learner, batch


def _resident(field: str) -> int | None:
    """VmRSS (now) or VmHWM (at most) of this process in bytes; None where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return None
    found = re.search(rf"^{field}:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _forget_peak() -> None:
    """Let VmHWM begin anew, where Linux lets it."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    except OSError:
        tell("memory: the peak of the process cannot be reset")


def table(rows: list[dict[str, Any]]) -> str:
    """In MiB."""
    parts = ["problem", "runs", "step", "holes", "formula", "measured"]
    shown = [[row["what"], *("–" if row[part] is None else f"{row[part] / MIB:.1f}" for part in parts)] for row in rows]
    header = ["size", *(f"{part} MiB" for part in parts)]
    return text_table(header, shown, [False, *[True] * len(parts)])


if __name__ == "__main__":
    print(json.dumps(measure(Sizes(**json.loads(sys.argv[1])))))

"""What training needs: the formula, and what a fresh process really took.

problem + Σ over the cohort of (parameters + gradients + optimiser state) + activations of one step
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from synthetic import Sizes, synthetic
from torch import Tensor
from workbench import cohort_of, configuration, tell

from harness.plugin.problem import Problem
from harness.plugin.registry import build_registry
from harness.report.formats import text_table
from harness.study.configuration import ModelSettings, TrainingSettings
from harness.training._pairs import Pairs
from harness.training.cohort import batches
from harness.training.isolation import one_thread
from harness.training.learner import Learner
from harness.training.run import Run

MIB = 2**20
ROWS: list[dict[str, int]] = [
    {"vocabulary": 10_000}, {"vocabulary": 1_000_000}, {"cohort": 1}, {"cohort": 4}, {"cohort": 16},
]  # fmt: skip


def memory(*, quick: bool) -> list[dict[str, Any]]:
    """A fresh process for each size."""
    found = []
    for varied in ROWS[:1] if quick else ROWS:
        [(dimension, value)] = varied.items()
        tell(f"memory: {dimension} {value:,}")
        done = subprocess.run(
            [sys.executable, __file__, json.dumps(varied)], stdout=subprocess.PIPE, encoding="utf-8", check=True
        )
        found.append({"what": f"{dimension} {value:,}", **json.loads(done.stdout)})
    return found


def measure(sizes: Sizes) -> dict[str, int | None]:
    """Bytes by the formula and by the growth of this process, from before the problem is built to the third step."""
    registry = build_registry()
    _train(Sizes(vocabulary=1000, batch=32), registry)  # what torch needs to begin with is no run's
    before = _resident("VmRSS")
    _forget_peak()
    problem, learners, pairs = _train(sizes, registry)
    peak = _resident("VmHWM")
    of_problem, activations = problem_bytes(problem), activation_bytes(sizes, pairs)
    runs = sum(map(run_bytes, learners))
    return {
        "problem": of_problem, "runs": runs, "activations": activations, "formula": of_problem + runs + activations,
        "measured": peak - before if peak and before else None,
    }  # fmt: skip


def _train(sizes: Sizes, registry: Any) -> tuple[Problem, list[Learner], Pairs | None]:
    """Three steps of a cohort."""
    problem = synthetic(sizes)
    training = TrainingSettings(batch_size=sizes.batch, epochs=1)
    cohort = cohort_of(configuration(registry, training, ModelSettings(hidden_dim=sizes.hidden)), sizes.cohort)
    with one_thread():
        runs = [Run(each, cohort, problem, registry) for each in cohort.configurations]
        for batch in batches(cohort, problem):
            if batch.step == 3:
                break
            for run in runs:
                run.advance(batch)
    learners = [run.learner for run in runs if run.learner is not None]
    return problem, learners, batch.pairs if learners[0].shares_pairs else None


def run_bytes(learner: Learner) -> int:
    """Parameters, gradients and optimiser state, after a step."""
    parameters = list(learner.model.parameters())
    state = [each for entry in learner.optimiser.state.values() for each in entry.values()]
    gradients = [each.grad for each in parameters]
    return _bytes([*parameters, *gradients, *state])


def problem_bytes(problem: Problem) -> int:
    """Its splits and its vocabulary's two references a row; the texts themselves are not counted."""
    splits = problem.train, problem.dev, problem.test
    return _bytes(each for split in splits for each in (split.tokens, split.labels)) + 16 * len(problem.vocabulary)


def activation_bytes(sizes: Sizes, pairs: Pairs | None, dim: int = ModelSettings().embedding_dim) -> int:
    """Of one run's step: its batch and pairs, what the embedding gives and gets, and six tensors of hidden units."""
    lookups = sizes.batch * sizes.features
    hidden = 6 * 4 * sizes.batch * sizes.hidden
    if pairs is None:
        return 4 * lookups + 2 * 4 * lookups * dim + hidden
    index = _bytes(each for each in vars(pairs).values() if isinstance(each, Tensor))
    return 4 * lookups + index + 2 * 4 * len(pairs.features) * (dim + sizes.hidden) + hidden


def _bytes(values: Iterable[Any]) -> int:
    return sum(each.numel() * each.element_size() for each in values if isinstance(each, Tensor))


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
    parts = ["problem", "runs", "activations", "formula", "measured"]
    shown = [[row["what"], *("–" if row[part] is None else f"{row[part] / MIB:.1f}" for part in parts)] for row in rows]
    header = ["size", "problem MiB", "runs MiB", "activations MiB", "formula MiB", "measured MiB"]
    return text_table(header, shown, [False, True, True, True, True, True])


if __name__ == "__main__":
    print(json.dumps(measure(Sizes(**json.loads(sys.argv[1])))))

"""A step by each path of the hidden layer, one dimension at a time varied around the textbook's sizes."""

from __future__ import annotations

import copy
import statistics
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial
from itertools import cycle
from typing import Any

import torch
from comparison import alternate, duration
from memory import MIB
from synthetic import Sizes, synthetic
from workbench import cohort_of, configuration, tell

from harness.plugin.problem import Problem
from harness.plugin.registry import Registry, build_registry
from harness.report.formats import text_table
from harness.study.configuration import ModelSettings, TrainingSettings
from harness.training._pairs import find_pairs
from harness.training.build import build_learner
from harness.training.cohort import Batch
from harness.training.isolation import one_thread
from harness.training.learner import Learner
from harness.training.memory import run_bytes

VARIED: dict[str, tuple[int, ...]] = {
    "vocabulary": (1_000, 10_000, 100_000, 1_000_000),
    "batch": (32, 256, 4_096, 16_384),
    "features": (4, 16, 128),
    "hidden": (50, 500, 1_000),
    "cohort": (4, 16),
}
QUICK: dict[str, Any] = {"batch": 64, "vocabulary": 500, "features": 6, "hidden": 1_000}


def scale(*, quick: bool) -> list[dict[str, Any]]:
    """One row for the default sizes, one for each varied size, and one for features that hardly repeat."""
    registry = build_registry()
    base = replace(Sizes(), **QUICK) if quick else Sizes()
    sparse = {"vocabulary": 10 * base.vocabulary if quick else 1_000_000, "repeating": False}
    varied = {
        f"{dimension} {value:,}": {dimension: value}
        for dimension, values in VARIED.items()
        for value in (values[:1] if quick else values)
    }
    rows: dict[str, dict[str, Any]] = {"default": {}, **varied, "hardly repeating": sparse}
    found = []
    with one_thread():
        for name, changes in rows.items():
            tell(f"scale: {name}")
            sizes = replace(base, **changes)
            found.append({"what": name, **measure(sizes, registry, repetitions=1 if quick else 5)})
    return found


def measure(sizes: Sizes, registry: Registry, repetitions: int) -> dict[str, Any]:
    """Seconds of a step, per run, by either path; what the harness would choose; bytes of a run."""
    problem = synthetic(sizes)
    sample = problem.train.sample(sizes.batch)
    training = TrainingSettings(batch_size=sizes.batch)
    chosen = configuration(registry, training, ModelSettings(hidden_dim=sizes.hidden))
    cohort = cohort_of(chosen, sizes.cohort)
    learners = [build_learner(chosen, cohort, problem, registry) for _ in range(sizes.cohort)]
    plain, shared = (
        partial(_step, _batches(problem, sizes.batch), [_with(each, way) for each in learners]) for way in (False, True)
    )
    alternate(plain, shared, min(2, repetitions))
    plain_seconds, shared_seconds = alternate(plain, shared, repetitions)
    return {
        "distinct": len(find_pairs(sample.tokens).features) / sample.tokens.numel(),
        "plain_seconds": statistics.median(plain_seconds) / sizes.cohort,
        "shared_seconds": statistics.median(shared_seconds) / sizes.cohort,
        "ratio": statistics.median(a / b for a, b in zip(plain_seconds, shared_seconds, strict=True)),
        "chosen": "shared" if learners[0].shares_pairs else "plain",
        "run_bytes": run_bytes(learners[0]),
    }


def _with(learner: Learner, shares_pairs: bool) -> Learner:
    other = copy.copy(learner)
    other.shares_pairs = shares_pairs
    return other


def _step(batches: Iterator[Batch], learners: list[Learner]) -> None:
    batch = next(batches)
    for learner in learners:
        learner.step(batch)


def _batches(problem: Problem, size: int) -> Iterator[Batch]:
    """As the harness makes them, without end."""
    draws = cache(lambda width, again: torch.Generator())
    for tokens, labels in cycle(
        zip(torch.split(problem.train.tokens, size), torch.split(problem.train.labels, size), strict=True)
    ):
        yield Batch(tokens=tokens, labels=labels, step=0, progress=0.0, draws=draws)


def table(rows: list[dict[str, Any]]) -> str:
    """As people read it."""
    header = ["size", "distinct pairs", "plain", "shared", "plain ÷ shared", "chosen", "MiB a run"]
    return text_table(
        header,
        [
            [
                row["what"], f"{100 * row['distinct']:.0f}%", duration(row["plain_seconds"]),
                duration(row["shared_seconds"]), f"{row['ratio']:.2f}", row["chosen"], f"{row['run_bytes'] / MIB:.1f}",
            ]
            for row in rows
        ],
        [False, True, True, True, True, False, True],
    )  # fmt: skip

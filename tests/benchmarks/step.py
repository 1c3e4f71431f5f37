"""One training step on one thread: the textbook's loop, and the best plain one, against a run of the harness.

The textbook's loop has a DataLoader, Adam as torch chooses it and a loss read at every step; the best plain loop has
tensors indexed a batch at a time, fused Adam and a loss read at the end. Both train the same model.
"""

from __future__ import annotations

from functools import partial
from itertools import islice

import torch
from comparison import Comparison, in_turn, per, timed
from textbook import endless, endless_batches, loader_of, train_epoch, train_steps
from workbench import Source, cohort_of, configuration, sources, tell, textbook_of

from harness.study.configuration import TrainingSettings
from harness.training.cohort import batches
from harness.training.isolation import one_thread
from harness.training.run import Run

COHORTS = (1, 4)
NEVER = TrainingSettings(epochs=10_000, evaluations=1)
"""So long that no evaluation falls within what is timed."""


def compare_steps(*, quick: bool) -> list[Comparison]:
    """Every treebank, alone and in a cohort."""
    steps, repetitions = (2, 2) if quick else (20, 7)
    found = []
    for source in sources(quick=quick):
        for size in COHORTS:
            tell(f"step: {source.label}, cohort of {size}")
            found += compare_step(source, size, steps, repetitions)
    return found


def compare_step(source: Source, size: int, steps: int, repetitions: int) -> list[Comparison]:
    """A step of the textbook, and of the best plain loop, against that of one run in a cohort of ``size``."""
    problem = source.problem
    cohort = cohort_of(configuration(source.registry, NEVER), size)
    plain = textbook_of(problem)
    adam = torch.optim.Adam(plain.parameters(), lr=1e-3)
    loader = endless(loader_of(problem.train.tokens, problem.train.labels, NEVER.batch_size))
    best = textbook_of(problem)
    fused = torch.optim.Adam(best.parameters(), lr=1e-3, fused=True)
    indexed = endless_batches(problem.train.tokens, problem.train.labels, NEVER.batch_size)
    stream = batches(cohort, problem)
    with one_thread():
        runs = [Run(each, cohort, problem, source.registry) for each in cohort.configurations]

        def advance(count: int = steps) -> None:
            for batch in islice(stream, count):
                for run in runs:
                    run.advance(batch)

        train_epoch(plain, adam, loader, 3)
        train_steps(best, fused, islice(indexed, 3))
        advance(3)
        ways = [
            lambda: train_epoch(plain, adam, loader, steps),
            lambda: train_steps(best, fused, islice(indexed, steps)),
            advance,
        ]
        textbook, best_plain, harness = in_turn([partial(timed, way) for way in ways], repetitions)
    for run in runs:
        if run.reason:
            raise RuntimeError(f"a run failed: {run.reason}")
    what = "step" if size == 1 else f"step, per run of a cohort of {size}"
    return [
        Comparison(
            what=what, problem=source.label, against=against, goal=goal if size == 1 else None,
            plain=per(seconds, steps), harness=per(harness, steps * size),
        )
        for against, seconds, goal in (("textbook", textbook, 3.5), ("best plain loop", best_plain, None))
    ]  # fmt: skip

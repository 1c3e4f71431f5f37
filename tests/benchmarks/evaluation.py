"""What is measured at an evaluation point, on one thread: the plain forward pass against the harness's evaluation."""

from __future__ import annotations

import torch
from comparison import Comparison, alternate
from step import NEVER
from textbook import TextbookClassifier, loss_and_accuracy
from textbook import predictor as textbook_predictor
from workbench import Source, cohort_of, configuration, sources, tell, textbook_of

from harness.plugin.problem import Problem
from harness.study.configuration import TrainingSettings
from harness.training.cohort import batches
from harness.training.evaluation import evaluate, known_pairs, predictor
from harness.training.isolation import one_thread
from harness.training.model import EmbeddingClassifier
from harness.training.run import Run

BATCH = TrainingSettings().batch_size
PROBE = TrainingSettings().probe


def compare_evaluations(*, quick: bool) -> list[Comparison]:
    """The problem's own score alone, and all that an evaluation point measures, of a model trained for some steps."""
    source = sources(quick=quick)[-1]
    steps, repetitions = (2, 2) if quick else (60, 7)
    tell(f"evaluation: {source.label}")
    with one_thread():
        model = _trained(source, steps)
        plain = textbook_of(source.problem, model)
        return [
            Comparison(
                what=what, problem=source.label, goal=5,
                plain=tuple(textbook), harness=tuple(harness),
            )
            for what, (textbook, harness) in _timings(model, plain, source.problem, repetitions).items()
        ]  # fmt: skip


def _timings(
    model: EmbeddingClassifier, plain: TextbookClassifier, problem: Problem, repetitions: int
) -> dict[str, tuple[list[float], list[float]]]:
    name = next(iter(problem.metrics))
    probe = problem.train.sample(PROBE)
    predict = textbook_predictor(plain, BATCH)

    def plain_score() -> float:
        return problem.score(predict, "dev")[name]

    def score() -> float:
        return problem.score(predictor(model, known_pairs(problem, PROBE)), "dev")[name]

    def plain_evaluation() -> None:
        loss_and_accuracy(predict, probe.tokens, probe.labels)
        loss_and_accuracy(predict, problem.dev.tokens, problem.dev.labels)
        plain_score()

    def evaluation() -> None:
        evaluate(model, problem, PROBE, with_score=True)

    _check(name, plain_score(), score())
    plain_evaluation()
    evaluation()
    return {
        f"score (dev {name})": alternate(plain_score, score, repetitions),
        "evaluation point": alternate(plain_evaluation, evaluation, repetitions),
    }


def _check(name: str, plain: float, harness: float) -> None:
    """RuntimeError where the two do not measure the same."""
    tell(f"evaluation: dev {name} {plain:.2f} plain, {harness:.2f} harness")
    if abs(plain - harness) > 0.1:
        raise RuntimeError(f"dev {name} is {plain} by the plain way and {harness} by the harness")


def _trained(source: Source, steps: int) -> EmbeddingClassifier:
    cohort = cohort_of(configuration(source.registry, NEVER), 1)
    run = Run(cohort.configurations[0], cohort, source.problem, source.registry)
    for batch in batches(cohort, source.problem):
        run.advance(batch)
        if run.step == steps or run.reason:
            break
    model = run.finish().model
    if run.reason or model is None:
        raise RuntimeError(f"a run failed: {run.reason}")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.grad = None
    return model

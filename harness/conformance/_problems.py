"""The checks of problems."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from harness.conformance._randomness import Draws, later, streams_from
from harness.conformance._rehearsal import Rehearsal
from harness.conformance._stand_ins import partner
from harness.conformance.subject import Subject
from harness.errors import ConformanceError, HarnessError
from harness.plugin.kinds import OPTIMISER
from harness.plugin.problem import Problem, Split

SPLITS = ("train", "dev", "test")
"""The attributes of a problem that hold examples."""


def check_loading(subject: Subject) -> None:
    """The problem loads, and draws from no global random stream."""
    drawn: set[str] = set()
    with Draws() as draws, streams_from(0, drawn):
        _load(subject)
    if draws.is_global:
        drawn.add("torch's")
    if drawn:
        names = " and ".join(sorted(drawn))
        raise ConformanceError(f"it draws from {names} global stream", "make a generator with a seed of its own")


def check_splits(subject: Subject) -> None:
    """The three splits have different examples, the same number of features, and labels and tokens in range."""
    problem = _load(subject)
    for name in SPLITS:
        split: Split = getattr(problem, name)
        if not len(split) or split.tokens.shape != (len(split), problem.num_features):
            raise ConformanceError(f"{name} has tokens {tuple(split.tokens.shape)} and {len(split)} labels")
        if (split.tokens.dtype, split.labels.dtype) != (torch.int32, torch.int64):
            raise ConformanceError(
                f"{name} has tokens {split.tokens.dtype} and labels {split.labels.dtype}: torch.int32 and torch.int64"
            )
        for what, numbers, limit in (
            ("tokens", split.tokens, len(problem.vocabulary)),
            ("labels", split.labels, problem.num_classes),
        ):
            least, greatest = int(numbers.min()), int(numbers.max())
            if least < 0 or greatest >= limit:
                raise ConformanceError(f"{name} has {what} from {least} to {greatest}, of {limit}")
    for first, second in itertools.combinations(SPLITS, 2):
        if _same_split(getattr(problem, first), getattr(problem, second)):
            raise ConformanceError(f"its {first} and its {second} split are the same examples")


def check_same_data(subject: Subject) -> None:
    """The problem, loaded twice, is the same."""
    first = _load(subject)
    with later():
        second = _load(subject)
    for name in SPLITS:
        if not _same_split(getattr(first, name), getattr(second, name)):
            raise ConformanceError(
                f"loaded twice, its {name} split differs", "draw from a generator with a seed of its own"
            )
    if first.digest != second.digest:
        raise ConformanceError(
            "loaded twice, its vocabulary, conventions or score_data differ", "make them of the data alone"
        )


def check_hyperparameters(subject: Subject) -> None:
    """Every hyperparameter changes the data or the scores; what scoring reads is in ``score_data`` where it changes."""
    first = _load(subject)
    before = _content(first)
    for name in subject.component.hyperparameters:
        usual = subject.component.resolve(subject.values).get(name)
        others = subject.other_values(name) or [f"{usual}-other"]
        changes = False
        for other in others:
            try:
                changed = _load(subject, {name: other})
            except (HarnessError, ValueError):  # the value is refused, so it is looked at
                changes = True
                continue
            if _content(changed) == before:
                continue
            changes = True
            if changed.digest == first.digest:
                raise ConformanceError(
                    f"{name} = {other!r} changes the scores and not the digest", "give what score reads as score_data"
                )
        if not changes:
            tried = ", ".join(map(repr, others[:4]))
            raise ConformanceError(f"{name} changes nothing; tried {tried}", "use it, or take it out")


def check_score(subject: Subject) -> None:
    """The problem's own metrics are all measured, finite, and the same when measured twice."""
    problem = _load(subject)
    scores = [_score(problem) for _ in range(2)]
    if scores[0].keys() != problem.metrics.keys():
        raise ConformanceError(
            f"it declares the metrics {sorted(problem.metrics)}, and its score has {sorted(scores[0])}"
        )
    if scores[0] != scores[1] or not all(map(math.isfinite, scores[0].values())):
        raise ConformanceError(
            f"its score of one model is {scores[0]}, then {scores[1]}: finite and the same it must be"
        )


def check_fitting(subject: Subject) -> None:
    """A model trains on the problem."""
    try:
        for _ in Rehearsal(partner(OPTIMISER), {}, on=_load(subject)).steps(2):
            pass
    except Exception as error:
        raise ConformanceError(f"a training on it fails: {type(error).__name__}: {error}") from error


def _load(subject: Subject, change: Mapping[str, object] | None = None) -> Problem:
    """Load the problem with the subject's values, overridden by ``change``."""
    problem = subject.component.build(**subject.component.resolve({**subject.values, **(change or {})}))
    if not isinstance(problem, Problem):
        raise ConformanceError(f"it returns {problem!r}, not a harness.Problem")
    return problem


def _score(problem: Problem) -> Mapping[str, float]:
    """The problem's own metrics on dev for a linear model with random weights."""
    weights = torch.randn(len(problem.vocabulary), problem.num_classes, generator=torch.Generator().manual_seed(0))

    def predict(tokens: Tensor) -> Tensor:
        return weights[tokens.long()].sum(1)

    return dict(problem.score(predict, "dev"))


def _content(problem: Problem) -> Any:
    """All that a problem holds and scores, except its name, as plain data that can be compared."""
    splits = [(split.tokens.tolist(), split.labels.tolist()) for split in map(problem.__getattribute__, SPLITS)]
    texts = (problem.vocabulary.texts, problem.vocabulary.kinds, problem.num_classes, problem.conventions)
    return splits, texts, dict(problem.metrics), _score(problem)


def _same_split(one: Split, other: Split) -> bool:
    return torch.equal(one.tokens, other.tokens) and torch.equal(one.labels, other.labels)

"""Scores whose truth is known. The unit is s_d, the standard deviation of a paired difference."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metric import Metric
from harness.statistics.comparison import Sample

BASELINE = "baseline"
METRIC = Metric("dev_accuracy", "maximise")
LEVEL = 80.0
SHARED = 2**0.5
"""Standard deviation of what a seed does to all arms: pairs of normal scores correlate by 0.8."""

Floats = NDArray[np.float64]


def _normal(rng: np.random.Generator, size: tuple[int, ...]) -> Floats:
    return rng.normal(size=size)


def _exponential(rng: np.random.Generator, size: tuple[int, ...]) -> Floats:
    return 1 - rng.exponential(size=size)


def _student(rng: np.random.Generator, size: tuple[int, ...]) -> Floats:
    return rng.standard_t(3, size=size) / math.sqrt(3)


def _failing(rng: np.random.Generator, size: tuple[int, ...]) -> Floats:
    fails = rng.random(size) < 1 / 8
    return (rng.normal(size=size) - 6 * (fails - 1 / 8)) / math.sqrt(1 + 36 * 7 / 64)


def _lognormal(rng: np.random.Generator, size: tuple[int, ...]) -> Floats:
    return (math.sqrt(math.e) - np.exp(rng.normal(size=size))) / math.sqrt((math.e - 1) * math.e)


@dataclass(frozen=True)
class Shape:
    """Noise of the arms and of the baseline, each of mean 0 and variance 1, times the roots of their shares of s_d².

    ``near``: the sign of a difference that a tail which a sample lacks makes look too small.
    """

    formula: str
    arm: Callable[[np.random.Generator, tuple[int, ...]], Floats]
    baseline: Callable[[np.random.Generator, tuple[int, ...]], Floats]
    share: float
    near: int = -1


SHAPES = {
    "normal": Shape("arms and baseline √½·Z", _normal, _normal, 1 / 2),
    "skewed arm": Shape("arms √¾·(1 − E), baseline √¼·Z", _exponential, _normal, 3 / 4),
    "skewed baseline": Shape("arms √¼·Z, baseline √¾·(1 − E)", _normal, _exponential, 1 / 4, near=1),
    "heavy tails": Shape("arms and baseline √½·T₃/√3", _student, _student, 1 / 2),
    "one in eight fails": Shape("arms √¾·(Z − 6·(B − ⅛))/√4.94, baseline √¼·Z", _failing, _normal, 3 / 4),
    "lognormal": Shape("arms √¾·(√e − exp Z)/√(e² − e), baseline √¼·Z", _lognormal, _normal, 3 / 4),
}
FORMULAS = (
    "A score is 80 + √2·S + truth + noise, S of the seed, the same for all arms. Z and S are standard normal, E "
    "exponential with mean 1, T₃ Student's t with 3 degrees of freedom, B 1 with probability ⅛ and else 0. Noise: "
    + "; ".join(f"**{name}**: {shape.formula}" for name, shape in SHAPES.items())
    + "."
)


def noise_of(rng: np.random.Generator, shape: str, seeds: int, arms: int) -> Floats:
    """(1 + arms, seeds): what is the score's own, of the baseline and of so many arms."""
    kind = SHAPES[shape]
    baseline = math.sqrt(1 - kind.share) * kind.baseline(rng, (1, seeds))
    return np.vstack([baseline, math.sqrt(kind.share) * kind.arm(rng, (arms, seeds))])


def scores_of(rng: np.random.Generator, shape: str, seeds: int, truths: Sequence[float]) -> Floats:
    """(1 + arms, seeds): the baseline, and an arm per true difference."""
    noise = noise_of(rng, shape, seeds, len(truths))
    return LEVEL + SHARED * rng.normal(size=seeds) + np.array([[0.0], *([truth] for truth in truths)]) + noise


def samples_of(scores: Floats, groups: dict[int, int] | None = None, failed: Floats | None = None) -> list[Sample]:
    """The scores as samples of one stream. ``failed``: of the same shape, whether the run failed."""
    lost = np.zeros(scores.shape, dtype=bool) if failed is None else failed.astype(bool)
    return [
        Sample(
            name=f"arm {row}" if row else BASELINE,
            scores={seed: score for seed, score in enumerate(each.tolist()) if not lost[row, seed]},
            failed=frozenset(np.flatnonzero(lost[row]).tolist()),
            stream="one",
            groups=groups or {},
        )
        for row, each in enumerate(scores)
    ]


def draw(rng: np.random.Generator, shape: str, seeds: int, truths: Sequence[float]) -> list[Sample]:
    """The samples of a baseline, and of an arm per true difference."""
    return samples_of(scores_of(rng, shape, seeds, truths))


def first(samples: Sequence[Sample], seeds: int) -> list[Sample]:
    """What would have been known after so many seeds."""
    return [
        Sample(name=each.name, scores={seed: each.scores[seed] for seed in range(seeds)}, stream=each.stream)
        for each in samples
    ]

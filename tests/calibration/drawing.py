"""Scores whose truth is known. The unit is s_d, the standard deviation of a paired difference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.metric import Metric
from harness.statistics.comparison import Sample

BASELINE = "baseline"
METRIC = Metric("dev_accuracy", "maximise")
LEVEL = 80.0
SHARED = 2**0.5
"""Standard deviation of what a seed does to all arms: pairs of normal scores correlate by 0.8."""


def draw(rng: np.random.Generator, shape: str, seeds: int, truths: Sequence[float]) -> list[Sample]:
    """A baseline, and an arm per true difference.

    normal: every arm, the baseline too, has noise of variance 1/2. skewed: the baseline 1/4, the arms 3/4, and theirs
    is an exponential's, downwards, so that now and then a seed goes badly (skewness of the difference −1.3, excess
    kurtosis 3.4).
    """
    shared = LEVEL + SHARED * rng.normal(size=seeds)
    scores = {BASELINE: rng.normal(size=seeds) * (0.5**0.5 if shape == "normal" else 0.5)}
    for number, truth in enumerate(truths):
        noise = (
            rng.normal(size=seeds) * 0.5**0.5 if shape == "normal" else (1 - rng.exponential(size=seeds)) * 0.75**0.5
        )
        scores[f"arm {number}"] = truth + noise
    return [
        Sample(name=name, scores=dict(enumerate((shared + own).tolist())), stream="one") for name, own in scores.items()
    ]


def first(samples: Sequence[Sample], seeds: int) -> list[Sample]:
    """What would have been known after so many seeds."""
    return [
        Sample(name=each.name, scores={seed: each.scores[seed] for seed in range(seeds)}, stream=each.stream)
        for each in samples
    ]

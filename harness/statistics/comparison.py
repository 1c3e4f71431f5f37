"""Samples of scores → comparisons with verdicts: within a study, across result folders, in the report."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from harness.errors import HarnessError, unknown
from harness.metric import Metric
from harness.statistics.estimates import (
    MOST_SEEDS,
    Difference,
    Proportion,
    holm,
    paired,
    probability_better,
    sign_flip_p,
    welch,
)
from harness.statistics.verdict import FEWEST, Verdict, fewest_seeds, seeds_with_power, smallest_difference


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The scores of an arm.

    ``scores``: the metric by seed index, a failed run with the worst value of the comparison. ``failed``: how many did.
    ``stream``: names the random draws; where it is equal, equal seed indices met the same batches and masks.
    """

    name: str
    scores: Mapping[int, float]
    failed: int = 0
    stream: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Of a with b. ``difference``: a − b in raw units. ``verdict`` and ``better``, P(a better than b), know directions.

    ``delta``: the smallest difference that matters. ``seeds_needed``: that find a difference of δ with 80% power.
    ``unpaired_seeds``: that give an interval as narrow without pairing. None where undefined.
    """

    a: str
    b: str
    difference: Difference
    p_holm: float
    better: Proportion
    delta: float
    verdict: Verdict
    seeds_needed: int | None
    unpaired_seeds: int | None


def compare(
    samples: Sequence[Sample],
    baseline: str | None,
    metric: Metric,
    delta: float | None = None,
    *,
    level: float = 0.95,
    test: Callable[[Sequence[float]], float] = sign_flip_p,
    adjust: Callable[[float], float] = float,
) -> list[Comparison]:
    """Every sample with the baseline, or, without one, with every sample before it; Holm over the list.

    Without a baseline, b plays its part, for δ too. ``level``, ``test`` (of paired differences) and ``adjust`` (of each
    p, before Holm) are for those who look more than once.
    """
    pairs = _pairs(samples, baseline)
    return compare_pairs(pairs, metric, delta, level=level, test=test, adjust=adjust)


def compare_pairs(
    pairs: Sequence[tuple[Sample, Sample]],
    metric: Metric,
    delta: float | None = None,
    *,
    level: float = 0.95,
    test: Callable[[Sequence[float]], float] = sign_flip_p,
    adjust: Callable[[float], float] = float,
) -> list[Comparison]:
    """Each a with its b, which plays the baseline's part; Holm over the list. As for ``compare``."""
    differences = [_difference(a, b, level, test) for a, b in pairs]
    differences = [replace(difference, p=adjust(difference.p)) for difference in differences]
    adjusted = holm([difference.p for difference in differences])
    comparisons = []
    for (a, b), difference, p_holm in zip(pairs, differences, adjusted, strict=True):
        own_delta = smallest_difference(list(b.scores.values()), metric, delta)
        exact = difference.paired and test is sign_flip_p
        fewest = fewest_seeds(len(pairs)) if exact else FEWEST
        comparisons.append(
            Comparison(
                a=a.name,
                b=b.name,
                difference=difference,
                p_holm=p_holm,
                better=_probability(a, b, difference, metric),
                delta=own_delta,
                verdict=Verdict.of(turned(difference, metric), p_holm, own_delta, fewest),
                seeds_needed=seeds_with_power(difference, own_delta, fewest),
                unpaired_seeds=unpaired_seeds(difference),
            )
        )
    return comparisons


def turned(difference: Difference, metric: Metric) -> Difference:
    """The difference with the sign at which higher is better."""
    return difference if metric.sign > 0 else difference.negated


def unpaired_seeds(difference: Difference) -> int | None:
    """⌈n·(s_a² + s_b²)/s_d²⌉: what pairing saved; None without pairs, or where their differences are all the same."""
    if not (difference.paired and difference.sd > 0):
        return None
    seeds = difference.n * (difference.sd_unpaired / difference.sd) ** 2
    return math.ceil(seeds - 1e-9 * seeds) if seeds <= MOST_SEEDS else None


def runs_saved(comparisons: Sequence[Comparison]) -> int:
    """Runs that as narrow intervals with a baseline would have cost more if seeds were not shared; at least 0.

    Too few seeds tell nothing of it.
    """
    known = [
        (comparison.unpaired_seeds, comparison.difference.n)
        for comparison in comparisons
        if comparison.unpaired_seeds and comparison.difference.n >= FEWEST
    ]
    if not known:
        return 0
    of_arms = sum(unpaired - n for unpaired, n in known)
    of_baseline = max(unpaired - n for unpaired, n in known)
    return max(0, of_arms + of_baseline)


def _pairs(samples: Sequence[Sample], baseline: str | None) -> list[tuple[Sample, Sample]]:
    if baseline is None:
        return [(later, earlier) for earlier, later in combinations(samples, 2)]
    named = {sample.name: sample for sample in samples}
    if baseline not in named:
        raise HarnessError(unknown("baseline", baseline, named))
    return [(sample, named[baseline]) for sample in samples if sample.name != baseline]


def _shared(a: Sample, b: Sample) -> list[int]:
    """Seed indices at which both met the same draws, in ascending order."""
    return sorted(a.scores.keys() & b.scores.keys()) if a.stream == b.stream else []


def _difference(a: Sample, b: Sample, level: float, test: Callable[[Sequence[float]], float]) -> Difference:
    seeds = _shared(a, b)
    if seeds:
        return paired([a.scores[seed] for seed in seeds], [b.scores[seed] for seed in seeds], level, test)
    return welch(list(a.scores.values()), list(b.scores.values()), level)


def _probability(a: Sample, b: Sample, difference: Difference, metric: Metric) -> Proportion:
    seeds = _shared(a, b)
    first, second = (
        [metric.sign * sample.scores[seed] for seed in (seeds if difference.paired else sample.scores)]
        for sample in (a, b)
    )
    return probability_better(first, second, shared=difference.paired)

"""Samples of scores → comparisons with verdicts: which arms are compared, on which seeds, in which family."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from statistics import fmean

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
    """The scores of an arm over its seeds.

    ``scores``: seed index → the metric, in its own units; a failed run has the worst value of the comparison.
    ``failed``: number of failed runs. ``stream``: names the random draws of the runs. Two samples of the same stream
    met the same batches and masks at equal seed indices, so their scores are compared in pairs. ``groups``: seed index
    → the repeat of the search that its configuration came from; empty where there was one search.
    """

    name: str
    scores: Mapping[int, float]
    failed: int = 0
    stream: str
    groups: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How arm a compares with arm b.

    ``difference``: a − b in the metric's own units, whatever its direction. ``p_holm``: the difference's p after Holm's
    correction over the family. ``better``: the probability that a run of a is better than a run of b. ``verdict``:
    whether a is better. ``delta``: δ, the smallest difference that matters. ``seeds_needed``: seeds that find a
    difference of δ with 80% power; ``unpaired_seeds``: seeds that give as narrow an interval without pairing; each is
    None where it is undefined.
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
    """Compare every sample with the baseline or, without one, with every sample before it.

    Holm's correction goes over all these comparisons. ``delta``: δ; if None, it is estimated from the scores of b (the
    baseline if there is one). For verdicts that are looked at more than once: ``level`` of the intervals, ``test``
    (paired differences → p), ``adjust`` (p → p, before Holm). HarnessError for an unknown baseline.
    """
    return compare_pairs(_pairs(samples, baseline), metric, delta, level=level, test=test, adjust=adjust)


def compare_pairs(
    pairs: Sequence[tuple[Sample, Sample]],
    metric: Metric,
    delta: float | None = None,
    *,
    level: float = 0.95,
    test: Callable[[Sequence[float]], float] = sign_flip_p,
    adjust: Callable[[float], float] = float,
) -> list[Comparison]:
    """Compare the first sample of each pair with the second; the arguments are those of ``compare``."""
    differences = [_difference(a, b, level, test) for a, b in pairs]
    differences = [replace(difference, p=adjust(difference.p)) for difference in differences]
    adjusted = holm([difference.p for difference in differences])
    comparisons = []
    for (a, b), difference, p_holm in zip(pairs, differences, adjusted, strict=True):
        pair_delta = smallest_difference(list(b.scores.values()), metric, delta)
        exact = difference.paired and test is sign_flip_p
        fewest = fewest_seeds(len(pairs)) if exact else FEWEST
        comparisons.append(
            Comparison(
                a=a.name,
                b=b.name,
                difference=difference,
                p_holm=p_holm,
                better=_probability(a, b, difference, metric),
                delta=pair_delta,
                verdict=Verdict.of(turned(difference, metric), p_holm, pair_delta, fewest),
                seeds_needed=seeds_with_power(difference, pair_delta, fewest),
                unpaired_seeds=unpaired_seeds(difference),
            )
        )
    return comparisons


def turned(difference: Difference, metric: Metric) -> Difference:
    """The difference with the sign turned, if lower is better, so that a positive one means that a is better."""
    return difference if metric.sign > 0 else difference.negated


def unit_scores(sample: Sample, seeds: Iterable[int]) -> list[float]:
    """What is counted as one: the score at each of these seeds or, of a repeated search, the mean of each search."""
    units: dict[int, list[float]] = {}
    for seed in seeds:
        units.setdefault(sample.groups.get(seed, seed), []).append(sample.scores[seed])
    return [fmean(scores) for scores in units.values()]


def unpaired_seeds(difference: Difference) -> int | None:
    """Seeds that give as narrow an interval without pairing: ⌈n·(s_a² + s_b²)/s_d²⌉.

    None if the scores are not paired, if all differences are equal, and above ``MOST_SEEDS``.
    """
    if not (difference.paired and difference.sd > 0):
        return None
    seeds = difference.n * (difference.sd_unpaired / difference.sd) ** 2
    return math.ceil(seeds - 1e-9 * seeds) if seeds <= MOST_SEEDS else None


def runs_saved(comparisons: Sequence[Comparison]) -> int:
    """How many more runs would have given as narrow intervals if the arms had not shared their seeds; at least 0.

    Comparisons over fewer than six seeds are left out, since so few pairs say nothing of a correlation.
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
    """Seed indices at which both samples met the same draws, in ascending order."""
    return sorted(a.scores.keys() & b.scores.keys()) if a.stream == b.stream else []


def _difference(a: Sample, b: Sample, level: float, test: Callable[[Sequence[float]], float]) -> Difference:
    seeds = _shared(a, b)
    if seeds:
        return paired(unit_scores(a, seeds), unit_scores(b, seeds), level, test)
    return welch(unit_scores(a, a.scores), unit_scores(b, b.scores), level)


def _probability(a: Sample, b: Sample, difference: Difference, metric: Metric) -> Proportion:
    seeds = _shared(a, b)
    first, second = (
        [metric.sign * score for score in unit_scores(sample, seeds if difference.paired else sample.scores)]
        for sample in (a, b)
    )
    return probability_better(first, second, shared=difference.paired)

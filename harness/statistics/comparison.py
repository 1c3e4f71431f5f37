"""Samples of scores → comparisons with verdicts: which arms are compared, on which units, in which family."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations
from statistics import fmean, median

import numpy as np
import scipy  # whose modules are loaded when they are first used

from harness.errors import HarnessError, unknown
from harness.metric import Metric
from harness.statistics.anytime import Anytime
from harness.statistics.estimates import (
    FEWEST_FOR_INTERVAL,
    Difference,
    Interval,
    Proportion,
    clopper_pearson,
    gaps,
    paired,
    probability_better,
    welch,
)
from harness.statistics.forecast import MOST_UNITS, detectable, units_to_settle
from harness.statistics.joint import FEWEST, FULL, Draws, Floats
from harness.statistics.method import ALPHA, FIXED, Method, Tested, over_family
from harness.statistics.verdict import Verdict, Word

Units = Mapping[int, float]
"""Unit → score, in ascending order of the units."""


ANYTIME = Anytime()
"""How units are tested that are added to a fixed number, once its verdict was seen."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The scores of an arm over its seeds.

    ``scores``: seed index → the metric, in its own units, of the runs that finished. ``failed``: seed indices of the
    runs that did not. ``stream``: names the random draws of the runs. Two samples of the same stream met the same
    batches and masks at equal seed indices, so their scores are compared in pairs. ``groups``: seed index → search,
    where the search was repeated, for all seeds: then a search is a unit, and its score the mean over its seeds. Else
    every seed is a unit.
    """

    name: str
    scores: Mapping[int, float]
    failed: frozenset[int] = frozenset()
    stream: str
    groups: Mapping[int, int] = field(default_factory=dict)

    @property
    def runs(self) -> frozenset[int]:
        """Seed indices of all runs, finished or not."""
        return self.failed | self.scores.keys()

    @property
    def failure_rate(self) -> Proportion:
        """The share of the runs that failed, with Clopper and Pearson's interval."""
        return clopper_pearson(len(self.failed), len(self.runs))

    @cached_property
    def units(self) -> Units:
        """Unit → score, in ascending order; the mean of the seeds of a search, where that is the unit."""
        return by_unit(self.scores, self.groups)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """How arm a compares with arm b, among the units at which both finished.

    ``difference``: a − b in the metric's own units, whatever its direction, with the interval and the p of this
    comparison alone. ``values``: the differences at each unit, in their order, where the scores are paired. ``family``:
    number of comparisons that are corrected for. ``simultaneous``: the intervals of the family hold together with 95%.
    ``p_adjusted``, ``p_equivalent``: over the family, of no difference, and of one of δ or more in either direction
    (nan where it was refused: the differences are too skewed). ``better``: the probability that a unit of a is better
    than one of b. ``delta``: δ, the smallest difference that matters. ``detectable``: the difference that so many units
    find with at most 80% power in this family; nan below 6 units. ``verdict``: whether a is better.
    ``unpaired_units``: units that give as narrow an interval without pairing; None where the scores are not paired.
    """

    a: str
    b: str
    difference: Difference
    values: tuple[float, ...] = ()
    family: int
    simultaneous: Interval
    p_adjusted: float
    p_equivalent: float
    better: Proportion
    delta: float
    detectable: float
    verdict: Verdict
    unpaired_units: int | None

    @property
    def together(self) -> Difference:
        """The difference with its simultaneous interval, to which the verdict belongs."""
        return replace(self.difference, low=self.simultaneous.low, high=self.simultaneous.high)

    @property
    def loser(self) -> str:
        """The arm that the verdict calls worse; '' if none."""
        return {1: self.b, 0: "", -1: self.a}[self.verdict.direction]

    def withheld(self, untuned: Collection[str]) -> Comparison:
        """The same, without a claim whose loser is among the arms that are not tuned."""
        return replace(self, verdict=self.verdict.withhold(self.loser)) if self.loser in untuned else self


@dataclass(frozen=True)
class Pairing:
    """What pairing is worth: how many times as many units would give as narrow an interval without it.

    ``ratio``: the median over ``arms`` comparisons. ``low``, ``high``: the medians of the ends of their 95% intervals.
    """

    arms: int
    ratio: float
    low: float
    high: float


def compare(
    samples: Sequence[Sample],
    baseline: str | None,
    metric: Metric,
    delta: float,
    *,
    method: Method = FIXED,
    going_on: Method = ANYTIME,
    draws: Draws = FULL,
) -> list[Comparison]:
    """Compare every sample with the baseline or, without one, with every sample before it.

    All these comparisons are one family. ``delta``: δ in units of the metric, fixed before the scores were seen.
    ``method``: how often the scores are looked at. ``going_on``: how paired units will be tested that are added to a
    number which was fixed, which a forecast must know. HarnessError for an unknown baseline.
    """
    return compare_pairs(_pairs(samples, baseline), metric, delta, method=method, going_on=going_on, draws=draws)


def compare_pairs(
    pairs: Sequence[tuple[Sample, Sample]],
    metric: Metric,
    delta: float,
    *,
    method: Method = FIXED,
    going_on: Method = ANYTIME,
    draws: Draws = FULL,
) -> list[Comparison]:
    """Compare the first sample of each pair with the second; the other arguments are those of ``compare``.

    Samples of one stream are compared in pairs, over the units at which both finished, if there are any; others as
    independent. The paired ones are tested jointly, and Holm's correction goes over the others; where there are both,
    each has the part of α that its number of comparisons is of the whole. A comparison of fewer than six units is not
    tested, and not corrected for.
    """
    shared = [_shared(a, b) for a, b in pairs]
    scores = [
        (units_of(a, seeds), units_of(b, seeds)) if seeds else (a.units, b.units)
        for (a, b), seeds in zip(pairs, shared, strict=True)
    ]
    tested = _test(scores, [bool(seeds) for seeds in shared], method, delta, draws)
    family = max(1, int(np.isfinite(tested.single).sum()))
    found = []
    for i, (a, b) in enumerate(pairs):
        x, y = (list(units.values()) for units in scores[i])
        difference, simultaneous = _intervals(x, y, bool(shared[i]), method, family, float(tested.single[i]))
        p, p_equivalent = float(tested.adjusted[i]), float(tested.equivalent[i])
        verdict = _verdict(difference, simultaneous, p, p_equivalent, delta, metric)
        winner, other = (a, b) if verdict.direction > 0 else (b, a)
        if verdict.direction and _fails_more(winner, other, paired=difference.paired):
            verdict = verdict.refuse(winner.name)
        if verdict.word is Word.UNDECIDED and verdict.is_open and draws.posterior:
            later = going_on if method == FIXED and difference.paired else method
            forecast = units_to_settle(difference, delta, family, later, draws.posterior)
            verdict = replace(
                verdict,
                units=forecast.units,
                at_worst=forecast.at_worst,
                most=max(later.sizes(difference.n, MOST_UNITS), default=difference.n),
            )
        sd = difference.sd if difference.paired else difference.sd_unpaired
        good, bad = ([metric.sign * score for score in side] for side in (x, y))
        found.append(
            Comparison(
                a=a.name,
                b=b.name,
                difference=difference,
                values=tuple(gaps(x, y)) if shared[i] else (),
                family=family,
                simultaneous=simultaneous,
                p_adjusted=p,
                p_equivalent=p_equivalent,
                better=probability_better(good, bad, shared=difference.paired),
                delta=delta,
                detectable=detectable(sd, difference.n, family, method),
                verdict=verdict,
                unpaired_units=unpaired_units(difference),
            )
        )
    return found


def differences(pairs: Sequence[tuple[Units, Units]]) -> Floats:
    """(pairs, units): a − b at every unit that some pair has, in ascending order; nan where a pair lacks it."""
    units = sorted(set().union(*(a.keys() & b.keys() for a, b in pairs)))
    rows = []
    for a, b in pairs:
        both = [unit for unit in units if unit in a and unit in b]
        found = dict(zip(both, gaps([a[unit] for unit in both], [b[unit] for unit in both]), strict=True))
        rows.append([found.get(unit, math.nan) for unit in units])
    return np.array(rows, dtype=float).reshape(len(pairs), len(units))


def by_unit(scores: Mapping[int, float], groups: Mapping[int, int]) -> Units:
    """Unit → score, in ascending order: scores by seed index, or the means of the seeds of each group."""
    if not groups:
        return dict(sorted(scores.items()))
    members: dict[int, list[float]] = {}
    for seed, score in sorted(scores.items()):
        members.setdefault(groups[seed], []).append(score)
    return {unit: fmean(members[unit]) for unit in sorted(members)}


def units_of(sample: Sample, seeds: Collection[int]) -> Units:
    """Unit → score, from some of the sample's seeds."""
    return by_unit({seed: sample.scores[seed] for seed in seeds}, sample.groups)


def turned(difference: Difference, metric: Metric) -> Difference:
    """The difference with the sign turned, if lower is better, so that a positive one means that a is better."""
    return difference if metric.sign > 0 else difference.negated


def unpaired_units(difference: Difference) -> int | None:
    """Units that give as narrow an interval without pairing: ⌈n·(s_a² + s_b²)/s_d²⌉.

    None if the scores are not paired, if all differences are equal, and if they are so nearly equal that nobody could
    make so many runs (from 2⁵³ on).
    """
    if not (difference.paired and difference.sd > 0):
        return None
    units = difference.n * (difference.sd_unpaired / difference.sd) ** 2
    return math.ceil(units - 1e-9 * units) if units < 2**53 else None


def worth_of_pairing(comparisons: Sequence[Comparison]) -> Pairing | None:
    """The median over the comparisons of (s_a² + s_b²)/s_d², with its uncertainty; None if none has six pairs.

    The interval of each is F's of the variance ratio of a + b and a − b, which are independent for normal scores of
    equal spread: (s_a² + s_b²)/s_d² = (1 + s²_{a+b}/s²_{a−b})/2. The medians of their ends err on the safe side where
    the arms do not err together, and are exact where they do.
    """
    known = [
        each.difference
        for each in comparisons
        if each.difference.paired and each.difference.n >= FEWEST and each.difference.sd > 0
    ]
    if not known:
        return None
    ratios, lows, highs = [], [], []
    for each in known:
        worth = (each.sd_unpaired / each.sd) ** 2
        sums = max(0.0, 2 * worth - 1)
        edge = float(scipy.special.fdtri(each.n - 1, each.n - 1, 0.975))
        ratios.append(worth)
        lows.append((1 + sums / edge) / 2)
        highs.append((1 + sums * edge) / 2)
    return Pairing(len(known), median(ratios), median(lows), median(highs))


def _pairs(samples: Sequence[Sample], baseline: str | None) -> list[tuple[Sample, Sample]]:
    if baseline is None:
        return [(later, earlier) for earlier, later in combinations(samples, 2)]
    named = {sample.name: sample for sample in samples}
    if baseline not in named:
        raise HarnessError(unknown("baseline", baseline, named))
    return [(sample, named[baseline]) for sample in samples if sample.name != baseline]


def _shared(a: Sample, b: Sample) -> list[int]:
    """Seed indices at which both samples met the same draws and finished, in ascending order; none if units differ."""
    if a.stream != b.stream:
        return []
    seeds = sorted(a.scores.keys() & b.scores.keys())
    return seeds if all(a.groups.get(seed, seed) == b.groups.get(seed, seed) for seed in seeds) else []


def _test(
    scores: Sequence[tuple[Units, Units]], is_paired: Sequence[bool], method: Method, delta: float, draws: Draws
) -> Tested:
    """Jointly where they are paired, each for itself with Holm where not; α is divided by number between the two."""
    joint, alone = ([i for i, each in enumerate(is_paired) if each is wanted] for wanted in (True, False))
    found = np.full((3, len(scores)), math.nan)
    if joint:
        tested = method.test(differences([scores[i] for i in joint]), delta, draws)
        found[:, joint] = tested.single, tested.adjusted, tested.equivalent
    independent = [(list(a.values()), list(b.values())) for a, b in (scores[i] for i in alone)]
    found[0, alone], found[2, alone] = method.test_unpaired(independent, delta, draws)
    was_tested = np.isfinite(found[0])
    found[1:, alone] = [over_family(found[row, alone], was_tested[alone]) for row in (0, 2)]
    for part in (joint, alone):
        if count := was_tested[part].sum():
            found[1:, part] = np.minimum(1, found[1:, part] * (was_tested.sum() / count))
    return Tested(*found)


def _intervals(
    x: Sequence[float], y: Sequence[float], is_paired: bool, method: Method, family: int, p: float
) -> tuple[Difference, Interval]:
    """The difference with the interval for it alone, and the simultaneous interval of the family."""
    if not is_paired:
        one, all_together = (welch(x, y, method.level(alpha)) for alpha in (ALPHA, ALPHA / family))
        return replace(one, p=p), Interval(all_together.low, all_together.high)
    plain = paired(x, y, p=p)
    error = plain.sd / math.sqrt(plain.n)
    halves = [float(method.multiplier(np.array(float(plain.n)), alpha)) * error for alpha in (ALPHA, ALPHA / family)]
    has_interval = plain.n >= FEWEST_FOR_INTERVAL
    alone, wide = (half if math.isfinite(half) and has_interval else math.nan for half in halves)
    low, high = plain.mean - alone, plain.mean + alone
    return replace(plain, low=low, high=high), Interval(plain.mean - wide, plain.mean + wide)


def _verdict(
    difference: Difference, simultaneous: Interval, p: float, p_equivalent: float, delta: float, metric: Metric
) -> Verdict:
    whole = turned(difference, metric)
    return Verdict.of(
        whole.mean,
        simultaneous if metric.sign > 0 else simultaneous.negated,
        n=whole.n,
        p=p,
        p_equivalent=p_equivalent,
        delta=delta,
    )


def _fails_more(winner: Sample, other: Sample, *, paired: bool) -> bool:
    """Whether the winner failed more often: at the seeds that both ran, or, of independent runs, as a rate."""
    if paired:
        both = winner.runs & other.runs
        return len(winner.failed & both) > len(other.failed & both)
    return winner.failure_rate.value > other.failure_rate.value

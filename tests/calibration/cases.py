"""One case each: many simulated studies through ``compare`` and ``decide``, and what came of them, as a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from drawing import BASELINE, METRIC, draw, first
from scipy import stats

from harness.statistics.comparison import Comparison, compare
from harness.statistics.estimates import holm, seeds_needed
from harness.statistics.sequential import decide, is_decided
from harness.statistics.verdict import Verdict, Word

LOOKS = (6, 12, 18, 24, 30)
FAMILIES = (1, 3, 5)
Row = list[str]


def share(count: float, of: int) -> str:
    """Per cent."""
    return f"{100 * count / of:.1f}"


def absent(rng: np.random.Generator, replicates: int, shape: str, seeds: int) -> Row:
    """Five arms equal the baseline: coverage; how often an arm of the first 1, 3, 5 is called different.

    δ = 0, so that nothing is too small to be called.
    """
    covered, better, either = 0, Counter[int](), Counter[int]()
    for _ in range(replicates):
        found = compare(draw(rng, shape, seeds, [0.0] * 5), BASELINE, METRIC, 0.0)
        covered += sum(each.difference.low <= 0 <= each.difference.high for each in found)
        for arms in FAMILIES:
            family = [each.difference for each in found[:arms]]
            adjusted = holm([each.p for each in family])
            words = {Verdict.of(each, p, 0.0).word for each, p in zip(family, adjusted, strict=True)}
            better[arms] += Word.BETTER in words
            either[arms] += bool(words & {Word.BETTER, Word.WORSE})
    called = [share(counts[arms], replicates) for counts in (better, either) for arms in FAMILIES]
    return [shape, str(seeds), share(covered, 5 * replicates), *called]


def present(rng: np.random.Generator, replicates: int, truth: float, seeds: int, deltas: Sequence[float]) -> Row:
    """One arm with a true difference: how often p < 0.05, and the words for each δ."""
    row, words, significant = [f"{truth:g}", str(seeds)], Counter[tuple[float, Word]](), 0
    for _ in range(replicates):
        samples = draw(rng, "normal", seeds, [truth])
        one = compare(samples, BASELINE, METRIC, deltas[0])[0]
        significant += one.p_holm < 0.05
        words[deltas[0], one.verdict.word] += 1
        for delta in deltas[1:]:
            words[delta, Verdict.of(one.difference, one.p_holm, delta).word] += 1
    row.append(share(significant, replicates))
    kinds = (Word.BETTER, Word.BETTER_NEGLIGIBLE, Word.EQUIVALENT, Word.UNDECIDED)
    return row + [share(words[delta, kind], replicates) for delta in deltas for kind in kinds]


def promised(rng: np.random.Generator, replicates: int, delta: float) -> Row:
    """With N = seeds_needed: how often a difference of δ is found, and how often there is a verdict, by the truth."""
    seeds = seeds_needed(1.0, delta)
    row = [f"{delta:g}", str(seeds), share(power(seeds, delta), 1)]
    for truth in (0.0, delta, 2 * delta):
        results = [compare(draw(rng, "normal", seeds, [truth]), BASELINE, METRIC, delta)[0] for _ in range(replicates)]
        if truth == delta:
            row.insert(3, share(sum(each.p_holm < 0.05 for each in results), replicates))
        row.append(share(sum(is_decided([each]) for each in results), replicates))
    return row


def power(seeds: int, ratio: float) -> float:
    """Of a two-sided paired t-test at 0.05, by the noncentral t distribution."""
    edge, shift = stats.t.ppf(0.975, seeds - 1), ratio * seeds**0.5
    return float(stats.nct.sf(edge, seeds - 1, shift) + stats.nct.cdf(-edge, seeds - 1, shift))


def sequential(rng: np.random.Generator, replicates: int, shape: str, truths: Sequence[float], delta: float) -> Row:
    """Looks at 6, 12 … 30 seeds until all arms have a verdict, beside 30 seeds and one look."""
    stops, calls, ever, missed, decided, fixed = [], 0, 0, 0, 0, 0
    for _ in range(replicates):
        samples = draw(rng, shape, LOOKS[-1], truths)
        looks = [
            decide(first(samples, seeds), BASELINE, METRIC, delta, LOOKS, look) for look, seeds in enumerate(LOOKS)
        ]
        stop = next((look for look, results in enumerate(looks) if is_decided(results)), len(LOOKS) - 1)
        stops.append(LOOKS[stop])
        calls += different(looks[stop])
        ever += any(different(results) for results in looks)
        missed += any(not results[0].difference.low <= truths[0] <= results[0].difference.high for results in looks)
        decided += is_decided(looks[stop])
        fixed += is_decided(compare(samples, BASELINE, METRIC, delta))
    counts = (calls, ever, replicates - missed, decided)
    shares = [share(each, replicates) for each in counts]
    truth = f"{truths[0]:g}"
    return [shape, str(len(truths)), truth, f"{delta:g}", *shares, f"{np.mean(stops):.1f}", share(fixed, replicates)]


def different(results: Sequence[Comparison]) -> bool:
    """Whether some arm is said to differ, in whatever word."""
    return any(each.verdict.direction for each in results)

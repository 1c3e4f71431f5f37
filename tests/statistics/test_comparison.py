"""Who is compared with whom, in which direction, on which seeds, and what the family of tests does to the verdicts."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import fmean, stdev

import numpy as np
import pytest

from harness.errors import HarnessError
from harness.metric import Metric
from harness.statistics.comparison import Sample, compare, compare_pairs, runs_saved, turned, unpaired_seeds
from harness.statistics.estimates import holm, paired, probability_better, seeds_needed, t_test_p, welch
from harness.statistics.verdict import Verdict, Word

ACCURACY = Metric("dev_accuracy", "maximise")
LOSS = Metric("dev_loss", "minimise")

RNG = np.random.default_rng(0)
SHARED = RNG.normal(80, 2, 12)


def sample(name, shift=0.0, noise=0.2, seeds=range(12), stream="one", **given):
    rng = np.random.default_rng(ord(name))
    return Sample(
        name=name, scores={s: float(SHARED[s] + shift + noise * rng.normal()) for s in seeds}, stream=stream, **given
    )


def values(sample, seeds=range(12)):
    return [sample.scores[seed] for seed in seeds if seed in sample.scores]


BASE, BETTER, SAME = sample("a"), sample("b", 3.0), sample("c")


def test_each_is_compared_with_the_baseline_in_order():
    found = compare([BETTER, BASE, SAME], "a", ACCURACY, 0.5)
    assert [(each.a, each.b) for each in found] == [("b", "a"), ("c", "a")]
    assert [each.verdict.word for each in found] == [Word.BETTER, Word.EQUIVALENT]
    for each, other in zip(found, (BETTER, SAME), strict=True):
        assert each.difference == paired(values(other), values(BASE))
        assert each.better == probability_better(values(other), values(BASE))
        assert each.seeds_needed == max(7, seeds_needed(each.difference.sd, 0.5))
    assert [each.p_holm for each in found] == holm([each.difference.p for each in found])


def test_without_a_baseline_all_pairs_are_and_holm_counts_them():
    found = compare([BASE, BETTER, SAME], None, ACCURACY, 0.5)
    assert [(each.a, each.b, each.verdict.word) for each in found] == [
        ("b", "a", Word.BETTER),
        ("c", "a", Word.EQUIVALENT),
        ("c", "b", Word.WORSE),
    ]
    assert found[0].p_holm == 3 * found[0].difference.p
    assert found == compare_pairs([(BETTER, BASE), (SAME, BASE), (SAME, BETTER)], ACCURACY, 0.5)


def test_a_lower_loss_is_better_and_the_difference_stays_raw():
    high = compare([BASE, BETTER], "a", Metric("dev_loss", "maximise"), 0.5)[0]
    low = compare([BASE, BETTER], "a", LOSS, 0.5)[0]
    assert low.difference == high.difference
    assert low.difference.mean > 0
    assert (high.verdict.word, low.verdict.word) == (Word.BETTER, Word.WORSE)
    assert low.better.value == 1 - high.better.value == 0
    flipped = turned(low.difference, Metric("dev_loss", "minimise"))
    assert (flipped.mean, flipped.low, flipped.high) == (
        -low.difference.mean, -low.difference.high, -low.difference.low,
    )  # fmt: skip


def test_equal_streams_pair_on_shared_seeds_only():
    later = sample("b", 3.0, seeds=range(4, 12))
    found = compare([BASE, later], "a", ACCURACY)[0].difference
    assert found == paired(values(later), values(BASE, range(4, 12)))
    shuffled = Sample(name="b", scores=dict(sorted(later.scores.items(), reverse=True)), stream="one")
    assert compare([BASE, shuffled], "a", ACCURACY)[0].difference == found


@pytest.mark.parametrize("other", [sample("b", 3.0, stream="two"), sample("b", 3.0, seeds=range(6, 12))])
def test_other_streams_and_disjoint_seeds_are_not_paired(other):
    base = sample("a", seeds=range(6))
    found = compare([base, other], "a", ACCURACY)[0]
    assert found.difference == welch(values(other), values(base))
    assert found.better == probability_better(values(other), values(base), shared=False)
    assert found.unpaired_seeds is None


def test_delta_is_half_the_spread_of_all_baseline_scores():
    found = compare([BASE, BETTER], "a", ACCURACY)[0]
    assert found.delta == pytest.approx(np.std(values(BASE), ddof=1) / 2)
    assert compare([BASE, BETTER], "a", ACCURACY, 0.3)[0].delta == 0.3


def test_pairing_saved_what_an_unpaired_interval_of_the_same_width_would_cost():
    found = compare([BASE, BETTER], "a", ACCURACY)[0]
    n = found.unpaired_seeds
    assert n > 12 * 20  # seeds spread by 2, differences by 0.28
    variances = sum(np.var(values(each), ddof=1) for each in (BASE, BETTER))
    width = found.difference.sd / math.sqrt(12)
    assert math.sqrt(variances / n) <= width < math.sqrt(variances / (n - 1))
    assert unpaired_seeds(paired([1.0, 2.0], [0.0, 1.0])) is None


def test_six_seeds_decide_one_comparison_and_not_two_and_the_advice_says_so():
    six = [sample(name, shift, seeds=range(6)) for name, shift in (("a", 0.0), ("b", 3.0), ("c", 3.0))]
    assert compare(six[:2], "a", ACCURACY, 1.0)[0].verdict.word is Word.BETTER
    for each in compare(six, "a", ACCURACY, 1.0):
        assert each.p_holm == 2 * 2 / 2**6
        assert each.verdict == Verdict(Word.UNDECIDED, 7)
    # Another test has other limits.
    for each in compare(six, "a", ACCURACY, 1.0, test=t_test_p):
        assert each.verdict.word is Word.BETTER


def test_level_and_adjustment_are_passed_on():
    wide = compare([BASE, BETTER], "a", ACCURACY, level=0.99, adjust=lambda p: 7 * p)[0]
    assert wide.difference.low == paired(values(BETTER), values(BASE), 0.99).low
    assert wide.p_holm == wide.difference.p == 7 * 2 / 2**12


def test_little_is_said_of_little():
    nothing, one = sample("b", seeds=()), sample("c", seeds=(0,))
    for each in compare([BASE, nothing, one], "a", LOSS):
        assert each.verdict.word is Word.EXPLORATORY
    assert compare([BASE], "a", LOSS) == []
    lone = compare([sample("a", seeds=(0,)), one], "a", LOSS)[0]
    assert math.isnan(lone.delta)
    assert lone.seeds_needed is None


def test_an_unknown_baseline_is_named():
    with pytest.raises(HarnessError, match="unknown baseline 'd'; known: a, b"):
        compare([BASE, BETTER], "d", ACCURACY)


def test_runs_that_pairing_saved():
    """Two arms of 8 pairs whose unpaired intervals would take 20 and 30 runs: 12 and 22, and 22 of the baseline."""
    (one,) = compare([sample("a", seeds=range(8)), sample("b", seeds=range(8))], "a", Metric("dev_uas", "maximise"))
    found = [replace(one, unpaired_seeds=20), replace(one, unpaired_seeds=30)]
    assert runs_saved(found) == 12 + 22 + 22
    assert runs_saved([replace(one, unpaired_seeds=7)]) == 0
    assert runs_saved([replace(one, unpaired_seeds=None)]) == 0
    few = replace(one, difference=replace(one.difference, n=5), unpaired_seeds=50)
    assert runs_saved([few]) == 0, "five seeds say nothing of a correlation"


def test_where_the_search_was_repeated_a_search_is_the_unit() -> None:
    groups = {seed: seed % 6 for seed in range(12)}
    a = Sample(name="a", scores={seed: 80.0 + seed for seed in range(12)}, stream="s", groups=groups)
    b = Sample(name="b", scores={seed: 79.0 + 0.5 * seed for seed in range(12)}, stream="s", groups=groups)
    [comparison] = compare([b, a], "b", ACCURACY)
    means = [1 + 0.5 * (search + search + 6) / 2 for search in range(6)]
    assert comparison.difference.n == 6
    assert comparison.difference.mean == pytest.approx(fmean(means))
    assert comparison.difference.sd == pytest.approx(stdev(means))

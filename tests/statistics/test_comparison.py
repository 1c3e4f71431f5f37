"""Who is compared with whom, in which direction, on which units, and what the family of tests does to the verdicts."""

from __future__ import annotations

import math
from statistics import fmean

import numpy as np
import pytest
from scipy import stats

from harness.errors import HarnessError
from harness.metric import Metric
from harness.statistics.anytime import Anytime
from harness.statistics.comparison import (
    Sample,
    by_unit,
    compare,
    compare_pairs,
    differences,
    turned,
    unpaired_units,
    worth_of_pairing,
)
from harness.statistics.equivalence import equivalence_p
from harness.statistics.estimates import Interval, clopper_pearson, holm, paired, probability_better, welch
from harness.statistics.forecast import detectable, units_to_settle
from harness.statistics.joint import Draws, joint_test
from harness.statistics.unpaired import unpaired_p
from harness.statistics.verdict import Verdict, Word

ACCURACY = Metric("dev_accuracy", "maximise")
LOSS = Metric("dev_loss", "minimise")
FEW = Draws(bootstrap=999, flips=999, posterior=200)

SHARED = np.random.default_rng(0).normal(80, 2, 24)


def sample(name, shift=0.0, noise=0.2, seeds=range(12), stream="one", **given):
    rng = np.random.default_rng(ord(name))
    own = shift + noise * rng.normal(size=24)
    return Sample(name=name, scores={s: float(SHARED[s] + own[s]) for s in seeds}, stream=stream, **given)


def without(sample, seeds):
    """The sample whose runs at these seeds failed."""
    left = {seed: score for seed, score in sample.scores.items() if seed not in seeds}
    return Sample(name=sample.name, scores=left, failed=frozenset(seeds), stream=sample.stream, groups=sample.groups)


def values(sample, seeds=range(24)):
    return [sample.scores[seed] for seed in seeds if seed in sample.scores]


def between(a, b, delta=0.5, metric=ACCURACY, **given):
    return compare([b, a], b.name, metric, delta, draws=FEW, **given)[0]


BASE, BETTER, SAME = sample("a"), sample("b", 3.0), sample("c")


# One family


def test_each_is_compared_with_the_baseline_in_order_by_the_joint_test():
    found = compare([BETTER, BASE, SAME], "a", ACCURACY, 0.5, draws=FEW)
    assert [(each.a, each.b, each.family, each.delta) for each in found] == [("b", "a", 2, 0.5), ("c", "a", 2, 0.5)]
    assert [each.verdict for each in found] == [Verdict(Word.BETTER), Verdict(Word.EQUIVALENT)]
    rows = np.array([np.subtract(values(other), values(BASE)) for other in (BETTER, SAME)])
    joint = joint_test(rows, FEW)
    assert [each.difference.p for each in found] == joint.single.tolist()
    assert [each.p_adjusted for each in found] == joint.adjusted.tolist()
    assert [each.p_equivalent for each in found] == holm(equivalence_p(rows, 0.5, joint.resampled).tolist())
    for each, other, p in zip(found, (BETTER, SAME), joint.single, strict=True):
        assert each.difference == paired(values(other), values(BASE), p=p)
        assert each.better == probability_better(values(other), values(BASE))
        wide = paired(values(other), values(BASE), 1 - 0.05 / 2)
        assert (each.simultaneous.low, each.simultaneous.high) == pytest.approx((wide.low, wide.high))
        assert each.detectable == detectable(each.difference.sd, 12, 2)


def test_without_a_baseline_all_pairs_are_compared_and_corrected_for():
    found = compare([BASE, BETTER, SAME], None, ACCURACY, 0.5, draws=FEW)
    assert [(each.a, each.b, each.verdict.word) for each in found] == [
        ("b", "a", Word.BETTER),
        ("c", "a", Word.EQUIVALENT),
        ("c", "b", Word.WORSE),
    ]
    assert {each.family for each in found} == {3}
    assert found == compare_pairs([(BETTER, BASE), (SAME, BASE), (SAME, BETTER)], ACCURACY, 0.5, draws=FEW)


def test_six_units_decide_any_number_of_comparisons():
    six = [sample(name, shift, seeds=range(6)) for name, shift in zip("abcdefghi", (0.0, 9.0, *[0.0] * 7), strict=True)]
    found = compare(six, "a", ACCURACY, 1.0, draws=FEW)
    assert found[0].verdict.word is Word.BETTER
    assert found[0].family == 8
    five = [sample(name, shift, seeds=range(5)) for name, shift in zip("ab", (0.0, 9.0), strict=True)]
    (found,) = compare(five, "a", ACCURACY, 1.0, draws=FEW)
    assert found.verdict == Verdict(Word.EXPLORATORY)
    assert all(map(math.isnan, (found.difference.p, found.p_adjusted, found.p_equivalent, found.detectable)))
    assert math.isfinite(found.difference.low), "an interval of five is shown all the same"


def test_a_comparison_that_is_not_tested_is_not_corrected_for():
    short = sample("d", seeds=range(4))
    found = compare([BASE, BETTER, short, SAME], "a", ACCURACY, 0.5, draws=FEW)
    alone = compare([BASE, BETTER, SAME], "a", ACCURACY, 0.5, draws=FEW)
    assert [found[0], found[2]] == alone
    assert found[1].verdict.word is Word.EXPLORATORY


def test_the_order_of_the_arms_does_not_matter():
    arms = [BASE, BETTER, SAME, sample("d", 0.3)]
    there = {each.a: each for each in compare(arms, "a", ACCURACY, 0.5, draws=FEW)}
    back = {each.a: each for each in compare(arms[::-1], "a", ACCURACY, 0.5, draws=FEW)}
    assert there == back


def test_another_unit_of_the_metric_changes_no_verdict():
    def scaled(sample, unit):
        return Sample(name=sample.name, scores={s: v * unit for s, v in sample.scores.items()}, stream="one")

    arms = [BASE, BETTER, SAME, sample("d", 0.4, noise=0.5)]
    for one, other in zip(
        compare(arms, "a", ACCURACY, 0.5, draws=FEW),
        compare([scaled(each, 100.0) for each in arms], "a", ACCURACY, 50.0, draws=FEW),
        strict=True,
    ):
        assert other.verdict == one.verdict
        assert other.p_adjusted == pytest.approx(one.p_adjusted)
        assert other.difference.mean == pytest.approx(100 * one.difference.mean)


def test_an_unknown_baseline_is_named():
    with pytest.raises(HarnessError, match="unknown baseline 'd'; known: a, b"):
        compare([BASE, BETTER], "d", ACCURACY, 0.5)
    assert compare([BASE], "a", ACCURACY, 0.5) == []


# Direction


def test_a_lower_loss_is_better_and_the_difference_stays_raw():
    high, low = between(BETTER, BASE, metric=Metric("dev_loss", "maximise")), between(BETTER, BASE, metric=LOSS)
    assert low.difference == high.difference
    assert low.simultaneous == high.simultaneous
    assert low.difference.mean > 0
    assert (high.verdict.word, low.verdict.word) == (Word.BETTER, Word.WORSE)
    assert (high.loser, low.loser) == ("a", "b")
    assert low.better.value == 1 - high.better.value == 0
    flipped = turned(low.difference, LOSS)
    assert (flipped.mean, flipped.low, flipped.high) == (
        -low.difference.mean, -low.difference.high, -low.difference.low,
    )  # fmt: skip


def test_sizes_are_read_off_the_simultaneous_interval():
    """Alone the interval lies above δ; among four it does not."""
    others = [sample(name, noise=0.2) for name in "defg"]
    found = between(BETTER, BASE)
    delta = (
        found.difference.low + compare([BASE, BETTER, *others], "a", ACCURACY, 0.5, draws=FEW)[0].simultaneous.low
    ) / 2
    assert between(BETTER, BASE, delta).verdict.word is Word.BETTER
    assert compare([BASE, BETTER, *others], "a", ACCURACY, delta, draws=FEW)[0].verdict.word is Word.BETTER_UNCLEAR
    assert between(BETTER, BASE, 5.0).verdict.word is Word.BETTER_NEGLIGIBLE


# Which units


def test_equal_streams_pair_at_units_where_both_finished():
    one, two = without(BETTER, {0, 3}), without(BASE, {3, 7, 8})
    found = between(one, two)
    both = [seed for seed in range(12) if seed not in (0, 3, 7, 8)]
    assert found.difference == paired(values(one, both), values(two, both), p=found.difference.p)
    shuffled = Sample(name="b", scores=dict(sorted(one.scores.items(), reverse=True)), stream="one", failed=one.failed)
    assert between(shuffled, two) == found


def test_an_arm_that_lacks_units_keeps_its_own_and_the_others_theirs():
    lacking = without(SAME, {1, 5})
    found = compare([BASE, BETTER, lacking], "a", ACCURACY, 0.5, draws=FEW)
    assert [each.difference.n for each in found] == [12, 10]
    rows = differences([(each.units, BASE.units) for each in (BETTER, lacking)])
    assert np.isnan(rows[1]).nonzero()[0].tolist() == [1, 5]
    assert [each.p_adjusted for each in found] == joint_test(rows, FEW).adjusted.tolist()
    wide = stats.t.ppf(1 - 0.025 / 2, 9) * found[1].difference.sd / math.sqrt(10)
    assert found[1].simultaneous.high - found[1].difference.mean == pytest.approx(wide)


@pytest.mark.parametrize("other", [sample("b", 3.0, stream="two"), sample("b", 3.0, seeds=range(12, 24))])
def test_other_streams_and_disjoint_units_are_not_paired(other):
    found = between(other, BASE)
    a, b = values(other), values(BASE)
    (p,), (p_equivalent,) = unpaired_p([(a, b)], 0.5, 999)
    plain = welch(a, b)
    assert (found.difference.mean, found.difference.low, found.difference.p) == (plain.mean, plain.low, p)
    assert (found.p_adjusted, found.p_equivalent) == (p, p_equivalent)
    assert found.better == probability_better(a, b, shared=False)
    assert found.unpaired_units is None


def test_where_the_search_is_the_unit_seeds_are_averaged_within_it():
    groups = {seed: seed % 8 for seed in range(24)}
    one, two = (sample(name, shift, seeds=range(24), groups=groups) for name, shift in (("b", 1.0), ("a", 0.0)))
    found = between(one, two)
    means = [[fmean(each.scores[s] for s in range(24) if s % 8 == unit) for unit in range(8)] for each in (one, two)]
    assert found.difference == paired(*means, p=found.difference.p)
    assert one.units == pytest.approx(dict(enumerate(means[0])))
    assert found.better == probability_better(*means)
    # A seed at which one failed counts for neither: the search has the mean of the others.
    lacking = without(one, {0, 8})
    found = between(lacking, two)
    assert found.difference.n == 8
    ratio = lacking.scores[16] - two.scores[16]
    assert between(lacking, two).difference.mean == pytest.approx(
        fmean([ratio, *(x - y for x, y in zip(means[0][1:], means[1][1:], strict=True))])
    )
    assert by_unit({5: 1.0, 2: 3.0, 9: 5.0}, {5: 1, 2: 0, 9: 1}) == {0: 3.0, 1: 3.0}


def test_samples_whose_units_differ_are_not_paired():
    grouped = sample("b", seeds=range(24), groups={seed: seed % 8 for seed in range(24)})
    assert not between(grouped, sample("a", seeds=range(24))).difference.paired


def test_paired_and_unpaired_comparisons_share_alpha_by_their_number():
    other = sample("d", 3.0, stream="two")
    found = compare([BASE, BETTER, SAME, other], "a", ACCURACY, 0.5, draws=FEW)
    joint = compare([BASE, BETTER, SAME], "a", ACCURACY, 0.5, draws=FEW)
    alone = between(other, BASE)
    assert {each.family for each in found} == {3}
    for each, before, share in zip(found, (*joint, alone), (2, 2, 1), strict=True):
        assert each.difference.p == before.difference.p
        assert each.p_adjusted == pytest.approx(min(1, 3 / share * before.p_adjusted))
        assert each.p_equivalent == pytest.approx(min(1, 3 / share * before.p_equivalent))


def test_several_unpaired_comparisons_have_holms_correction():
    others = [sample(name, shift, stream=name) for name, shift in zip("bcd", (3.0, 1.5, 0.0), strict=True)]
    found = compare([BASE, *others], "a", ACCURACY, 0.5, draws=FEW)
    assert [each.p_adjusted for each in found] == holm([each.difference.p for each in found])
    assert [each.simultaneous for each in found] == [
        Interval(each.low, each.high) for each in (welch(values(o), values(BASE), 1 - 0.05 / 3) for o in others)
    ]


# Failures


def test_an_arm_that_fails_more_often_is_not_called_better():
    once = without(BETTER, {2})
    found = between(once, BASE)
    assert found.p_adjusted < 0.05
    assert found.verdict == Verdict(Word.UNDECIDED, failing="b")
    assert found.loser == ""
    assert between(once, without(BASE, {5})).verdict.word is Word.BETTER, "both failed once"
    assert between(BETTER, without(BASE, {5})).verdict.word is Word.BETTER, "the other fails more"
    assert between(without(BASE, {5}), BETTER).verdict.word is Word.WORSE, "to be worse it may fail"
    assert between(once, BASE, metric=LOSS).verdict.word is Word.WORSE
    assert once.failure_rate == clopper_pearson(1, 12)
    assert once.runs == frozenset(range(12))


def test_failures_count_at_seeds_that_both_ran():
    later = without(sample("b", 3.0, seeds=range(24)), {20, 21})
    assert between(later, BASE).verdict.word is Word.BETTER
    unpaired = without(sample("b", 3.0, stream="two"), {2})
    assert between(unpaired, BASE).verdict.failing == "b"


def test_a_claim_about_a_loser_that_is_not_tuned_is_withheld():
    found = between(BETTER, BASE)
    assert found.withheld({"b"}) == found
    taken = found.withheld({"a"})
    assert taken.verdict == Verdict(Word.UNDECIDED, withheld="a")
    assert (taken.difference, taken.p_adjusted, taken.loser) == (found.difference, found.p_adjusted, "")
    assert between(SAME, BASE).withheld({"a", "c"}).verdict.word is Word.EQUIVALENT


# What goes with a verdict


def test_an_undecided_verdict_forecasts_the_test_that_going_on_will_use():
    found = between(sample("d", -0.35, noise=0.8), sample("a", noise=0.8))
    assert found.verdict.word is Word.UNDECIDED
    forecast = units_to_settle(found.difference, 0.5, 1, Anytime(), 200)
    assert (found.verdict.units, found.verdict.at_worst) == (forecast.units, forecast.at_worst)
    assert found.verdict.units > 12
    silent = compare(
        [sample("a", noise=0.8), sample("d", -0.35, noise=0.8)], "a", ACCURACY, 0.5, draws=Draws(999, 999, 0)
    )
    assert silent[0].verdict == Verdict(Word.UNDECIDED)
    looked = between(sample("d", -0.35, noise=0.8), sample("a", noise=0.8), method=Anytime((12,)))
    assert looked.verdict.units == found.verdict.units


def test_little_is_said_of_little():
    nothing, one = sample("b", seeds=()), sample("c", seeds=(0,))
    for each in compare([BASE, nothing, one], "a", LOSS, 0.1, draws=FEW):
        assert each.verdict == Verdict(Word.EXPLORATORY)
        assert each.unpaired_units is None
        assert math.isnan(each.difference.low)
    assert math.isnan(nothing.failure_rate.value)


def test_identical_arms_are_equivalent_and_nothing_is_infinite():
    found = between(Sample(name="b", scores=BASE.scores, stream="one"), BASE)
    assert found.verdict.word is Word.EQUIVALENT
    assert (found.difference.mean, found.difference.sd, found.p_adjusted) == (0.0, 0.0, 1.0)
    moved = between(Sample(name="b", scores={s: v + 1 for s, v in BASE.scores.items()}, stream="one"), BASE)
    assert moved.verdict.word is Word.BETTER
    assert moved.p_adjusted == pytest.approx(max(2 / 2**12, 2 / 1000))


def test_pairing_is_worth_the_units_that_an_unpaired_interval_of_the_same_width_would_cost():
    found = between(BETTER, BASE)
    n = found.unpaired_units
    assert n > 12 * 20  # scores spread by 2, differences by 0.28
    variances = sum(np.var(values(each), ddof=1) for each in (BASE, BETTER))
    width = found.difference.sd / math.sqrt(12)
    assert math.sqrt(variances / n) <= width < math.sqrt(variances / (n - 1))
    assert unpaired_units(paired([1.0, 2.0], [0.0, 1.0])) is None
    assert unpaired_units(paired([0.7, 0.2, 0.3], [0.6, 0.1, 0.2])) is None  # though 0.7 − 0.6 is not 0.2 − 0.1
    assert unpaired_units(paired([1e9, 2e9, 3e9], [1e9, 2e9, 3e9 + 1e-5])) is None


def test_what_pairing_is_worth_over_the_arms_is_a_median_with_its_uncertainty():
    arms = [sample(name, noise=noise) for name, noise in zip("bcd", (0.1, 0.5, 3.0), strict=True)]
    found = compare([BASE, *arms], "a", ACCURACY, 0.5, draws=FEW)
    worth = worth_of_pairing(found)
    ratios = sorted((each.difference.sd_unpaired / each.difference.sd) ** 2 for each in found)
    assert (worth.arms, worth.ratio) == (3, ratios[1])
    ends = []
    for arm in arms:  # (s_a² + s_b²)/s_d² = (1 + s²₊/s²₋)/2, and F's interval of s²₊/s²₋
        plus, minus = np.add(values(arm), values(BASE)), np.subtract(values(arm), values(BASE))
        quotient, edge = np.var(plus) / np.var(minus), stats.f.ppf(0.975, 11, 11)
        ends.append([(1 + quotient / edge) / 2, (1 + quotient * edge) / 2])
    assert (worth.low, worth.high) == pytest.approx(tuple(sorted(ends)[1]))
    assert worth_of_pairing([]) is None
    assert worth_of_pairing(compare([BASE, sample("b", seeds=range(5))], "a", ACCURACY, 0.5, draws=FEW)) is None


def test_the_interval_of_pairings_worth_covers_it():
    """True ratio: variances 5 and 5 to 2 of the difference."""
    rng, covered = np.random.default_rng(0), 0
    for _ in range(400):
        shared = 2 * rng.normal(size=10)
        a, b = shared + rng.normal(size=10), shared + rng.normal(size=10)
        one = Sample(name="a", scores=dict(enumerate(a.tolist())), stream="one")
        two = Sample(name="b", scores=dict(enumerate(b.tolist())), stream="one")
        worth = worth_of_pairing(compare([one, two], "a", ACCURACY, 1.0, draws=Draws(1, 1, 0)))
        covered += worth.low <= 5 <= worth.high
    assert 0.92 < covered / 400 < 0.98

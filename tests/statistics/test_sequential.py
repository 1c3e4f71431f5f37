"""Looks at growing numbers of seeds: published boundaries, an independent integral, and simulation with known truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from harness.metric import Metric
from harness.statistics.comparison import Sample, compare
from harness.statistics.estimates import paired, t_test_p
from harness.statistics.sequential import adjusted_p, decide, is_decided, levels, looks_until, quadratic
from harness.statistics.verdict import Word

ACCURACY = Metric("dev_accuracy", "maximise")

LOOKS = (6, 12, 18, 24, 30)


def obrien_fleming(alpha, share):
    """Of Lan & DeMets 1983, α/2 a side."""
    return 4 * float(special.ndtr(special.ndtri(alpha / 4) / math.sqrt(share)))


def pocock(alpha, share):
    """Of Lan & DeMets 1983."""
    return alpha * math.log(1 + (math.e - 1) * share)


def bounds(found):
    return [float(-special.ndtri(level / 2)) for level in found]


def test_published_boundaries():
    # The bounds that the program of Lan and DeMets (and R's gsDesign and ldbounds) print for five equal looks.
    assert bounds(levels(0.05, LOOKS, obrien_fleming)) == pytest.approx([4.877, 3.357, 2.680, 2.290, 2.031], abs=6e-4)
    assert bounds(levels(0.05, LOOKS, pocock)) == pytest.approx([2.438, 2.427, 2.410, 2.397, 2.386], abs=6e-4)


@pytest.mark.parametrize("looks", [(6, 30), (6, 12, 20), (10, 11, 40)])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_what_has_been_spent_is_what_a_multivariate_normal_says(looks, alpha):
    found = bounds(levels(alpha, looks))
    n = np.array(looks, dtype=float)
    covariance = np.sqrt(np.minimum.outer(n, n) / np.maximum.outer(n, n))
    for k in range(1, len(looks) + 1):
        within = stats.multivariate_normal(cov=covariance[:k, :k]).cdf(
            found[:k], lower_limit=[-each for each in found[:k]], rng=np.random.default_rng(0)
        )
        assert 1 - within == pytest.approx(quadratic(alpha, looks[k - 1] / looks[-1]), abs=2e-4)


def test_one_look_is_an_ordinary_test_and_more_looks_cost_something():
    assert levels(0.05, (8,)) == pytest.approx([0.05])
    found = levels(0.05, LOOKS)
    assert found[0] == pytest.approx(0.05 / 25)
    assert all(one < two for one, two in zip(found, [*found[1:], 0.05], strict=True))


@pytest.mark.parametrize("look", range(5))
@pytest.mark.parametrize("alpha", [1e-6, 0.01, 0.05 / 3, 0.05, 0.5])
def test_the_adjusted_p_is_the_alpha_whose_level_it_is(look, alpha):
    assert adjusted_p(levels(alpha, LOOKS)[look], LOOKS, look) == pytest.approx(alpha, rel=2e-4)


def test_the_adjusted_p_at_its_ends():
    assert adjusted_p(1.0, LOOKS, 0) == 1.0
    assert adjusted_p(0.0, LOOKS, 3) == pytest.approx(1e-8)
    assert adjusted_p(0.9999, LOOKS, 4) == 1.0
    assert math.isnan(adjusted_p(math.nan, LOOKS, 4))
    ps = [adjusted_p(p, LOOKS, 2) for p in np.geomspace(1e-12, 1, 200)]
    assert ps == sorted(ps)


def test_looks():
    assert looks_until(30) == LOOKS
    assert looks_until(20) == (6, 12, 18, 20)
    assert looks_until(10, block=10) == (10,)
    assert looks_until(5) == (5,)


def draw(rng, shift, seeds):
    shared = rng.normal(80, 1, seeds)
    return [
        Sample(name=name, scores=dict(enumerate(map(float, shared + by + 0.7 * rng.normal(size=seeds)))), stream="one")
        for name, by in zip("abcd", (0.0, *shift), strict=False)
    ]


def at(samples, seeds):
    return [Sample(name=s.name, scores={i: s.scores[i] for i in range(seeds)}, stream=s.stream) for s in samples]


def test_a_look_has_its_nominal_interval_and_p_and_holm_passes_alpha_on():
    samples = draw(np.random.default_rng(5), (1.4, 0.9, 0.0), 18)
    found = decide(samples, "a", ACCURACY, 0.5, LOOKS, 2)
    base = list(samples[0].scores.values())
    nominal = levels(0.05, LOOKS)[2]
    for each, sample in zip(found, samples[1:], strict=True):
        scores = list(sample.scores.values())
        expected = paired(scores, base, 1 - nominal)
        assert (each.difference.low, each.difference.high) == (expected.low, expected.high)
        assert each.difference.p == adjusted_p(t_test_p([x - y for x, y in zip(scores, base, strict=True)]), LOOKS, 2)

    # Maurer & Bretz step by step: levels of α/m, and what is rejected passes its α on to the rest.
    raw = [t_test_p([x - y for x, y in zip(s.scores.values(), base, strict=True)]) for s in samples[1:]]
    rejected, left = set(), {0, 1, 2}
    while passed := {i for i in left if raw[i] < levels(0.05 / len(left), LOOKS)[2]}:
        rejected |= passed
        left -= passed
        if not left:
            break
    assert {i for i, each in enumerate(found) if each.p_holm < 0.05} == rejected
    assert rejected == {0, 1}


def test_holm_needs_the_alpha_that_is_passed_on():
    # The second hypothesis passes at α/1 and not at α/2.
    rng = np.random.default_rng(0)
    passed_on = 0
    for _ in range(300):
        samples = draw(rng, (2.0, 0.75), 12)
        one, two = decide(samples, "a", ACCURACY, 0.1, LOOKS, 1)
        passed_on += one.p_holm < 0.05 <= 2 * two.difference.p and two.p_holm < 0.05
    assert passed_on > 10


def test_a_large_difference_is_decided_at_the_first_look_and_a_small_one_later():
    rng = np.random.default_rng(1)
    large, none = draw(rng, (6.0,), 30), draw(rng, (0.0,), 30)
    assert decide(at(large, 6), "a", ACCURACY, 1.0, LOOKS, 0)[0].verdict.word is Word.BETTER
    verdicts = [decide(at(none, n), "a", ACCURACY, 1.0, LOOKS, k)[0].verdict.word for k, n in enumerate(LOOKS)]
    assert verdicts[0] is Word.UNDECIDED
    assert verdicts[-1] is Word.EQUIVALENT


def test_decided_means_all_of_them():
    samples = draw(np.random.default_rng(1), (6.0, 0.0), 6)
    found = decide(samples, "a", ACCURACY, 1.0, LOOKS, 0)
    assert [is_decided([each]) for each in found] == [True, False]
    assert not is_decided(found)
    assert is_decided([])


def test_looking_five_times_keeps_the_error_and_naive_looking_does_not():
    rng, errors, naive, missed = np.random.default_rng(0), 0, 0, 0
    for _ in range(150):
        samples = draw(rng, (0.0,), 30)
        found = [decide(at(samples, n), "a", ACCURACY, 0.0, LOOKS, k)[0] for k, n in enumerate(LOOKS)]
        errors += any(each.p_holm < 0.05 for each in found)
        missed += any(not each.difference.low <= 0 <= each.difference.high for each in found)
        naive += any(compare(at(samples, n), "a", ACCURACY, 0.0, test=t_test_p)[0].p_holm < 0.05 for n in LOOKS)
    assert errors == missed  # a repeated interval leaves out 0 when and only when the test rejects
    assert errors <= 12 < naive

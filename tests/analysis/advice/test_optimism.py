"""The warning OPTIMISM: a search score that fresh seeds do not repeat."""

from __future__ import annotations

import pytest
from scipy import stats

from support.confirmation import confirm
from support.faultless import record, results, warned, whole


def test_optimism():
    changed = [record("search", "adam", 2, 0, 90.0)]
    (advice,) = warned(results(changed=changed), "OPTIMISM")
    assert advice.arm == "adam"
    assert advice.evidence.startswith(
        "search score 90, the best of 10 trials; mean 80.51 over 10 fresh seeds: 9.49 worse"
    )


@pytest.mark.parametrize(("factor", "warns"), [(1.9, False), (2.1, True)])
def test_optimism_is_measured_in_sd_of_the_baseline(factor, warns):
    plain = results()
    scores = plain.sample("adam").scores.values()
    score = sum(scores) / len(scores) + factor * stats.tstd(list(plain.sample("sgd").scores.values()))
    assert bool(warned(results(changed=[record("search", "adam", 2, 0, score)]), "OPTIMISM")) == warns
    low = results(changed=[record("search", "adam", 2, 0, score)], direction="minimise")
    assert not [each for each in warned(low, "OPTIMISM") if each.arm == "adam"]


def test_optimism_is_silent_without_a_choice_or_a_spread():
    once = [*whole("adam", trials=1, winner=0), *whole("sgd", trials=1, winner=0)]
    assert not warned(results(once, changed=[record("search", "adam", 0, 0, 99.0)]), "OPTIMISM")
    flat = confirm("sgd", [80.0] * 10)
    assert not warned(results(changed=[*flat, record("search", "adam", 2, 0, 99.0)]), "OPTIMISM")

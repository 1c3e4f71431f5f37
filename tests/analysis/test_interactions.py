"""The table interactions: contrasts of four arms against a sum over seeds, and which of them there are."""

from __future__ import annotations

import itertools
import statistics
from typing import Any

import pytest
from scipy import stats

from harness.analysis.interactions import interactions
from harness.records.results import Results
from harness.report.formats import to_plain

from support.by_hand import record, results
from support.made_up import made_arm

OPTIMISERS, RATES, STARTS = ["adam", "sgd", "lion"], [0.0, 0.5], ["small", "large"]


def score(settings: tuple[Any, ...], seed: int) -> float:
    """Any number, but the same for the same run."""
    return 50 + sum(ord(letter) * (seed + place) % 17 for place, letter in enumerate("".join(map(str, settings))))


def crossed(axes: dict[str, list[Any]], baseline: int = 0, seeds: int = 7, **changes: Any) -> Results:
    cells = list(itertools.product(*axes.values()))
    names = {cell: ", ".join(map(str, cell)) for cell in cells}
    arms = {name: made_arm(dict(zip(axes, cell, strict=True))) for cell, name in names.items()}
    runs = [record("search", name, 0, 0, 1.0) for name in names.values()]
    runs += [
        record("confirm", names[cell], 0, 100 + seed, score(cell, seed)) for cell in cells for seed in range(seeds)
    ]
    return results(*runs, arms=arms, compare=list(axes), baseline=names[cells[baseline]], **changes)


def test_contrasts_against_the_baselines_levels():
    found = to_plain(interactions(crossed({"optimiser": OPTIMISERS, "dropout.constant.rate": RATES}, baseline=3)))
    assert [tuple(each[name] for name in list(each)[:6]) for each in found] == [
        ("optimiser", "dropout.constant.rate", "adam", "sgd", 0.0, 0.5),
        ("optimiser", "dropout.constant.rate", "lion", "sgd", 0.0, 0.5),
    ]
    for each in found:
        one, base = each["first_level"], each["first_baseline"]
        per_seed = [
            (score((one, 0.0), seed) - score((one, 0.5), seed)) - (score((base, 0.0), seed) - score((base, 0.5), seed))
            for seed in range(7)
        ]
        test = stats.ttest_1samp(per_seed, 0)
        expected, together = test.confidence_interval(0.95), test.confidence_interval(0.975)
        assert (each["n"], each["failed"]) == (7, 0)
        assert each["interaction"] == pytest.approx(statistics.fmean(per_seed))
        assert [each["interaction_low"], each["interaction_high"]] == pytest.approx([expected.low, expected.high])
        assert [each["simultaneous_low"], each["simultaneous_high"]] == pytest.approx([together.low, together.high])
        flips = [
            abs(sum(map(lambda x, sign: x * sign, per_seed, signs))) for signs in itertools.product((1, -1), repeat=7)
        ]
        exact = statistics.fmean(flip >= abs(sum(per_seed)) - 1e-9 for flip in flips)
        assert exact - 1e-12 <= each["p"] <= each["p_adjusted"] <= 1


def test_of_three_compared_things_every_pair_with_the_third_at_its_baseline():
    axes = {"optimiser": OPTIMISERS, "dropout.constant.rate": RATES, "initialiser": STARTS}
    found = to_plain(interactions(crossed(axes)))
    pairs = [(each["first"], each["second"]) for each in found]
    assert pairs == [("optimiser", "dropout.constant.rate")] * 2 + [("optimiser", "initialiser")] * 2 + [
        ("dropout.constant.rate", "initialiser")
    ]
    last = [
        (score(("adam", 0.5, "large"), seed) - score(("adam", 0.5, "small"), seed))
        - (score(("adam", 0.0, "large"), seed) - score(("adam", 0.0, "small"), seed))
        for seed in range(7)
    ]
    assert found[-1]["interaction"] == pytest.approx(statistics.fmean(last))


def test_one_compared_thing_interacts_with_nothing():
    frame = interactions(crossed({"optimiser": OPTIMISERS}))
    assert len(frame) == 0
    assert list(frame.columns)[:2] == ["first", "second"]


def test_a_failed_run_is_counted_and_its_seed_left_out():
    found = crossed({"optimiser": OPTIMISERS[:2], "initialiser": STARTS})
    whole = {
        each.key: record("confirm", each.arm, 0, 100, None)
        if each.key == ("confirm", "sgd, large", 0, 0, 0, 100)
        else each
        for each in found.records.values()
    }
    [changed], [before] = (to_plain(interactions(Results(found.study, records))) for records in (whole, found.records))
    assert (changed["n"], before["n"], changed["failed"], before["failed"]) == (6, 7, 1, 0)
    rest = [
        score(("sgd", "large"), seed) - score(("sgd", "small"), seed)
        - score(("adam", "large"), seed) + score(("adam", "small"), seed)
        for seed in range(1, 7)
    ]  # fmt: skip
    assert changed["interaction"] == pytest.approx(statistics.fmean(rest))


def test_only_seeds_that_all_four_have_are_used():
    found = crossed({"optimiser": OPTIMISERS[:2], "initialiser": STARTS})
    kept = {key: each for key, each in found.records.items() if key != ("confirm", "adam, large", 0, 0, 0, 102)}
    assert [each["n"] for each in to_plain(interactions(Results(found.study, kept)))] == [6]
    none = {key: each for key, each in found.records.items() if key.phase == "search"}
    assert [
        (each["n"], each["interaction"], each["p"]) for each in to_plain(interactions(Results(found.study, none)))
    ] == [(0, None, None)]

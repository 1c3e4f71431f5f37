"""The warning DANGER: a winner some of whose seeds fail, or that a little more lr would have made diverge."""

from __future__ import annotations

import tomllib

import pytest

from support.confirmation import confirm
from support.faultless import arms, record, results, warned
from support.made_up import interval


def test_danger_of_a_winner_that_fails():
    (advice,) = warned(results(changed=confirm("sgd", [None])), "DANGER")
    assert advice.evidence == "1 of 11 runs of its winner failed: the loss became nan at step 7 of 10"


@pytest.mark.parametrize(("diverged", "warns"), [(0.15, True), (0.22, True), (0.23, False)])
def test_danger_near_divergence(diverged, warns):
    changed = [record("search", "sgd", 2, 0, 83.0, lr=0.11), record("search", "sgd", 9, 0, None, lr=diverged)]
    changed.append(record("search", "sgd", 8, 0, None, lr=0.9))
    found = warned(results(changed=changed), "DANGER")
    assert bool(found) == warns
    if warns:
        assert found[0].evidence == (
            f"optimiser.sgd.lr = 0.11; the smallest that diverged is {diverged} (2 of 10 trials did)"
        )
        assert tomllib.loads(found[0].change)["optimiser.sgd.lr"]["high"] == diverged / 2


def test_danger_is_silent_about_other_failures_and_fixed_rates():
    other = record("search", "sgd", 9, 0, None, lr=0.11, reason="RuntimeError: CUDA is out of memory")
    winner = record("search", "sgd", 2, 0, 83.0, lr=0.11)
    assert not warned(results(changed=[winner, other]), "DANGER")
    nan = record("search", "sgd", 9, 0, None, lr=0.11)
    fixed = arms(sgd={"space": {"optimiser.sgd.momentum": interval(0.5, 0.9)}})
    assert not warned(results(changed=[winner, nan], arms=fixed), "DANGER")
    assert warned(results(changed=[winner, nan]), "DANGER")

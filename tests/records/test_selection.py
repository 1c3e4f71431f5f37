"""Which trials of a search are run again, and which one wins."""

from __future__ import annotations

from harness.metric import Metric
from harness.records.selection import best_trial, shortlist

from support.by_hand import record

UAS = Metric("dev_uas", "maximise")


def test_the_shortlist_is_best_first_the_earlier_of_equals_and_never_a_failed_one():
    found = {each.key: each for each in [record("search", "adam", n, 0, v) for n, v in enumerate([3, None, 5, 5, 4])]}
    assert [each.trial for each in shortlist(found, "adam", UAS, 3)] == [2, 3, 4]
    assert [each.trial for each in shortlist(found, "adam", Metric("dev_uas", "minimise"), 9)] == [0, 4, 2, 3]
    assert shortlist(found, "sgd", UAS, 3) == []


def test_the_best_mean_wins_and_a_failure_comes_last():
    search = [record("search", "adam", trial, 0, value) for trial, value in enumerate([9.0, 8.0, 7.0])]
    again = {0: [1.0], 1: [4.0], 2: [None]}
    select = [record("select", "adam", trial, 1, each) for trial, values in again.items() for each in values]
    found = {each.key: each for each in [*search, *select]}
    assert best_trial(found, "adam", UAS, 3).trial == 1  # 8 and 4 beat 9 and 1; 7 failed once
    assert best_trial(found, "adam", UAS, 1).trial == 0
    assert best_trial(found, "adam", Metric("dev_uas", "minimise"), 3).trial == 0
    # What confirmation finds may not choose.
    found |= {each.key: each for each in [record("confirm", "adam", 0, seed, 100.0) for seed in range(100, 110)]}
    assert best_trial(found, "adam", UAS, 3).trial == 1

"""The warning DEFAULTS: tuning that gained nothing on fresh seeds."""

from __future__ import annotations

from scipy import stats

from support.confirmation import confirm
from support.faultless import NOISE, arms, results, warned, whole


def test_defaults_that_tuning_did_not_beat():
    changed = confirm("sgd", [80.0 + noise for noise in reversed(NOISE)], trial=0)
    (advice,) = warned(results(changed=changed), "DEFAULTS")
    found = results(changed=changed)
    tuned, untuned = found.sample("sgd").scores, found.default_sample("sgd").scores
    low, high = stats.ttest_rel(list(tuned.values()), list(untuned.values())).confidence_interval(0.95)
    assert low < 0 < high
    assert advice.arm == "sgd"
    assert advice.evidence == "tuned better than defaults by 0.00 [−0.66, +0.66] (n = 10, 10 trials)".replace(
        "0.66", f"{high:.2f}"
    )
    assert advice.change == "--set search.trials=20"


def test_defaults_that_won_the_search():
    found = warned(results([*whole("adam"), *whole("sgd", winner=0)]), "DEFAULTS")
    assert [(each.arm, each.evidence) for each in found] == [
        ("sgd", "none of 9 drawn trials was better than the defaults")
    ]


def test_defaults_are_silent_where_tuning_pays_or_is_not_confirmed():
    assert not warned(results(), "DEFAULTS")
    assert not warned(results([*whole("adam", seeds=1), *whole("sgd", seeds=1)]), "DEFAULTS")
    assert not warned(results([*whole("adam", seeds=0), *whole("sgd", seeds=0, winner=0)]), "DEFAULTS")
    fixed = arms(sgd={"space": {}}, adam={"space": {}})
    once = [*whole("adam", trials=1, winner=0), *whole("sgd", trials=1, winner=0)]
    assert not warned(results(once, arms=fixed), "DEFAULTS")

"""The warning ONE-SEARCH: verdicts that rest on one search of each arm."""

from __future__ import annotations

from support.faultless import arms, results, warned, whole


def test_a_verdict_of_one_search_is_about_its_settings():
    (advice,) = warned(results(), "ONE-SEARCH")
    # 10 trials of 2 arms, then 2 configurations of each at 10 seeds; tenfold, with 3 seeds for each search.
    assert advice.evidence.startswith("one search of 2 arms: which trial wins is chance as well")
    assert "about the settings" in advice.evidence
    assert advice.advice.endswith(f"about {10 * 20 + 10 * 3 * 4} runs instead of {20 + 40}")
    assert advice.change == "--set search.repeats=10 --set confirm.seeds=30"


def test_a_study_that_goes_on_until_decided_must_give_that_up():
    (advice,) = warned(results(confirm={"seeds": 10, "until_decided": True, "limit": 30}), "ONE-SEARCH")
    assert advice.change.endswith(" --set confirm.seeds=30 --set confirm.until_decided=false")


def test_it_is_silent_without_a_verdict_or_a_search():
    assert not warned(results([*whole("adam", seeds=5), *whole("sgd", seeds=5)]), "ONE-SEARCH")
    fixed = arms(sgd={"space": {}}, adam={"space": {}})
    once = [*whole("adam", trials=1, winner=0), *whole("sgd", trials=1, winner=0)]
    assert results(once, arms=fixed).against_baseline[0].verdict.settles
    assert not warned(results(once, arms=fixed), "ONE-SEARCH")


def test_repeated_searches_are_what_it_asks_for():
    assert not warned(results(search={"trials": 10, "sampler": "sobol", "repeats": 10}), "ONE-SEARCH")

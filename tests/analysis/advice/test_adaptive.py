"""The warning ADAPTIVE: a sampler whose trials depend on those before them."""

from __future__ import annotations

import pytest

from support.faultless import arms, results, warned


def test_adaptive():
    (found,) = warned(results(search={"trials": 10, "sampler": "tpe", "batch": 4}), "ADAPTIVE")
    assert found.evidence == "sampler tpe, 20 trials: each depends on those before it"
    assert found.change == "--set search.sampler=sobol"


@pytest.mark.parametrize("sampler", ["sobol", "random", "grid"])
def test_independent_samplers_are_silent(sampler):
    assert not warned(results(search={"trials": 10, "sampler": sampler, "batch": 4}), "ADAPTIVE")


def test_adaptive_is_silent_where_nothing_is_searched():
    fixed = arms(sgd={"space": {}}, adam={"space": {}})
    assert not warned(results(arms=fixed, search={"trials": 10, "sampler": "tpe", "batch": 4}), "ADAPTIVE")

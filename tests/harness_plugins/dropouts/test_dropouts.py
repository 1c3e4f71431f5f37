"""The built-in dropout schedules against their formulas."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import harness_plugins.dropouts
from harness.plugin.component import Component
from harness.plugin.ranges import Range, Value
from harness.plugin.registry import Registry
from harness.plugin.traits import Inclusion

from support.registered import alone, draw_values, registered

dropouts = registered(harness_plugins.dropouts)

NAMES = ["constant", "cosine", "curriculum", "cyclic", "early", "exponential", "late", "linear", "random", "step"]
COS_45, COS_18 = math.sqrt(0.5), math.cos(math.pi / 10)
JUST_BELOW_1 = math.nextafter(1.0, 0.0)
rates = st.floats(0, JUST_BELOW_1)
progresses = st.floats(0, JUST_BELOW_1)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return alone("harness_plugins.dropouts")


def rates_of(component: Component, progresses: Iterable[float], **values: Value) -> list[float]:
    given = {"generator": torch.Generator().manual_seed(0)} if "generator" in component.takes else {}
    return [component.build(at, **given, **values) for at in progresses]


def test_every_schedule_is_tested(registry: Registry) -> None:
    assert registry.names("dropout") == NAMES
    assert registry.default("dropout") == "constant"


@pytest.mark.parametrize(
    ("schedule", "values", "expected"),
    [
        (dropouts.constant, {"rate": 0.3}, [0.3, 0.3, 0.3, 0.3]),
        (dropouts.constant, {}, [0.5, 0.5, 0.5, 0.5]),
        (dropouts.linear, {}, [0.5, 0.375, 0.25, 0.05]),
        (dropouts.linear, {"start": 0.2, "end": 0.6}, [0.2, 0.3, 0.4, 0.56]),
        (dropouts.cosine, {"start": 0.4}, [0.4, 0.2 + 0.2 * COS_45, 0.2, 0.2 - 0.2 * COS_18]),
        (dropouts.cosine, {"start": 0.1, "end": 0.5}, [0.1, 0.3 - 0.2 * COS_45, 0.3, 0.3 + 0.2 * COS_18]),
        (dropouts.curriculum, {"rate": 0.4}, [0.0, *(0.4 * (1 - math.exp(-x)) for x in (2.5, 5, 9))]),
        (dropouts.curriculum, {"gamma": 2.0}, [0.0, *(0.5 * (1 - math.exp(-x)) for x in (0.5, 1, 1.8))]),
        (dropouts.early, {}, [0.5, 0.5, 0.0, 0.0]),
        (dropouts.early, {"rate": 0.2, "cutoff": 0.6}, [0.2, 0.2, 0.2, 0.0]),
        (dropouts.early, {"cutoff": 0.0}, [0.0, 0.0, 0.0, 0.0]),
        (dropouts.late, {}, [0.0, 0.0, 0.5, 0.5]),
        (dropouts.late, {"rate": 0.2, "cutoff": 0.6}, [0.0, 0.0, 0.0, 0.2]),
        (dropouts.late, {"cutoff": 1.0}, [0.0, 0.0, 0.0, 0.0]),
        (dropouts.exponential, {}, [0.5, *(0.5 * 0.1**x for x in (0.25, 0.5, 0.9))]),
        (dropouts.exponential, {"start": 0.04, "end": 0.64}, [0.04, 0.08, 0.16, 0.04 * 16**0.9]),
        (dropouts.exponential, {"start": 0.3, "end": 0.3}, [0.3, 0.3, 0.3, 0.3]),
        (dropouts.step, {}, [0.5, 0.5 * 2 / 3, 0.5 / 3, 0.0]),
        (dropouts.step, {"start": 0.1, "end": 0.5, "jumps": 2}, [0.1, 0.1, 0.3, 0.5]),
        (dropouts.step, {"start": 0.4, "jumps": 1}, [0.4, 0.4, 0.0, 0.0]),
        (dropouts.cyclic, {}, [0.0, 0.25, 0.5, 0.3]),
        (dropouts.cyclic, {"low": 0.1, "high": 0.3, "cycles": 1}, [0.1, 0.2, 0.3, 0.14]),
        (dropouts.cyclic, {"low": 0.3, "high": 0.1, "cycles": 1}, [0.3, 0.2, 0.1, 0.26]),
    ],
)  # fmt: skip
def test_values_at_four_progresses(
    schedule: Callable[..., float], values: dict[str, float], expected: list[float]
) -> None:
    assert [schedule(at, **values) for at in (0.0, 0.25, 0.5, 0.9)] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_a_rate_over_the_whole_space(registry: Registry, name: str, data: st.DataObject) -> None:
    component = registry.component("dropout", name)
    values = draw_values(component, data)
    [rate] = rates_of(component, [data.draw(progresses, label="progress")], **values)
    assert type(rate) is float
    given = {values.get(key, 0.0) for key in ("rate", "start", "end", "low", "high")}
    assert 0 <= rate <= max(given) < 1


@pytest.mark.parametrize("name", ["cosine", "exponential", "linear", "step"])
@settings(max_examples=30)
@given(data=st.data())
def test_one_way_from_the_start_to_the_end(registry: Registry, name: str, data: st.DataObject) -> None:
    component = registry.component("dropout", name)
    values = draw_values(component, data)
    found = rates_of(component, [number / 50 for number in range(50)], **values)
    start, end = values["start"], values["end"]
    assert found[0] == pytest.approx(start, rel=1e-12)
    assert rates_of(component, [JUST_BELOW_1], **values) == [pytest.approx(end, rel=1e-12, abs=1e-12)]
    assert found == pytest.approx(sorted(found, reverse=start > end), rel=1e-12)  # but for rounding


def test_a_random_rate_is_the_generator_s_and_uniform() -> None:
    def draws(seed: int, low: float, high: float) -> list[float]:
        generator = torch.Generator().manual_seed(seed)
        return [dropouts.random(0.3, generator=generator, low=low, high=high) for _ in range(2000)]

    before = torch.get_rng_state()
    found = draws(1, 0.2, 0.6)
    assert found == draws(1, 0.2, 0.6) != draws(2, 0.2, 0.6)
    assert torch.equal(torch.get_rng_state(), before)
    assert 0.2 <= min(found) < 0.21
    assert 0.59 < max(found) <= 0.6
    # Four standard errors: the mean's is 0.4/√12/√2000, a quarter's is √(3/16/2000).
    assert sum(found) / 2000 == pytest.approx(0.4, abs=0.011)
    for low in (0.2, 0.3, 0.4, 0.5):
        assert sum(low <= rate < low + 0.1 for rate in found) / 2000 == pytest.approx(0.25, abs=0.04)
    assert draws(1, 0.6, 0.2) == pytest.approx([0.8 - rate for rate in found])


@given(progress=progresses, start=rates, end=rates)
def test_rounding_never_leaves_the_interval_between_the_ends(progress: float, start: float, end: float) -> None:
    for schedule in (dropouts.linear, dropouts.cosine):
        assert min(start, end) <= schedule(progress, start=start, end=end) <= max(start, end)


def test_a_sum_that_rounds_to_1_is_no_rate() -> None:
    start, share = 0.25 + 3 * 2**-54, (1 - math.cos(math.pi * JUST_BELOW_1)) / 2
    assert start + (JUST_BELOW_1 - start) * share == 1.0
    assert dropouts.cosine(JUST_BELOW_1, start=start, end=JUST_BELOW_1) == JUST_BELOW_1


@pytest.mark.parametrize("name", NAMES)
def test_every_hyperparameter_changes_the_rates_and_can_be_searched(registry: Registry, name: str) -> None:
    component = registry.component("dropout", name)
    assert set(component.space) == set(component.hyperparameters)
    grid = [number / 20 for number in range(20)]
    usual = rates_of(component, grid, **component.defaults)
    for key, domain in component.space.items():
        assert isinstance(domain, Range)
        assert component.defaults[key] in domain
        other = (domain.low + domain.high) / 2 + 0.01
        changed = component.resolve({key: int(other) if domain.integer else other})
        assert rates_of(component, grid, **changed) != usual


@pytest.mark.parametrize("name", [name for name in NAMES if name != "constant"])
def test_what_includes_a_constant_can_be_one(registry: Registry, name: str) -> None:
    component = registry.component("dropout", name)
    included = component.traits.includes["constant"]
    assert isinstance(included, Inclusion)
    values = component.resolve({**dict.fromkeys(included.same, 0.3), **included.reach})
    # A gamma of 100 leaves the first twentieth apart.
    assert rates_of(component, [number / 20 for number in range(1, 20)], **values) == pytest.approx(
        [0.3] * 19, rel=0.01
    )


@pytest.mark.parametrize(
    ("schedule", "values", "message"),
    [
        (dropouts.constant, {"rate": 1.0}, "rate must lie in [0, 1), got 1.0"),
        (dropouts.constant, {"rate": -0.1}, "rate must lie in [0, 1), got -0.1"),
        (dropouts.linear, {"start": 1.5}, "start must lie in [0, 1), got 1.5"),
        (dropouts.linear, {"end": math.nan}, "end must lie in [0, 1), got nan"),
        (dropouts.cosine, {"start": -1.0}, "start must lie in [0, 1), got -1.0"),
        (dropouts.cosine, {"end": 1.0}, "end must lie in [0, 1), got 1.0"),
        (dropouts.curriculum, {"rate": 1.0}, "rate must lie in [0, 1), got 1.0"),
        (dropouts.curriculum, {"gamma": 0.0}, "gamma must be finite and above 0, got 0.0"),
        (dropouts.early, {"rate": 1.0}, "rate must lie in [0, 1), got 1.0"),
        (dropouts.early, {"cutoff": 1.1}, "cutoff must lie in [0, 1], got 1.1"),
        (dropouts.late, {"rate": 1.0}, "rate must lie in [0, 1), got 1.0"),
        (dropouts.late, {"cutoff": -0.1}, "cutoff must lie in [0, 1], got -0.1"),
        (dropouts.exponential, {"start": 1.0}, "start must lie in [0, 1), got 1.0"),
        (dropouts.exponential, {"end": 0.0}, "end must be finite and above 0, got 0.0"),
        (dropouts.step, {"end": 1.0}, "end must lie in [0, 1), got 1.0"),
        (dropouts.step, {"jumps": 0}, "jumps must be finite and above 0, got 0"),
        (dropouts.cyclic, {"low": -0.1}, "low must lie in [0, 1), got -0.1"),
        (dropouts.cyclic, {"high": 1.0}, "high must lie in [0, 1), got 1.0"),
        (dropouts.cyclic, {"cycles": 0}, "cycles must be finite and above 0, got 0"),
        (dropouts.random, {"low": 1.0, "generator": None}, "low must lie in [0, 1), got 1.0"),
        (dropouts.random, {"high": math.inf, "generator": None}, "high must lie in [0, 1), got inf"),
    ],
)
def test_wrong_values_are_refused(schedule: Callable[..., float], values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        schedule(0.0, **values)

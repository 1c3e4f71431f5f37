"""The dropout schedules' exact averages against fine sums, and the constant controls made of them."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import harness_plugins.dropouts
from harness.plugin.component import Component
from harness.plugin.registry import Registry

from support.registered import alone, draw_values, registered
from support.registered import averages as averages_of

dropouts, averages = registered(harness_plugins.dropouts), averages_of(harness_plugins.dropouts)

NAMES = ["constant", "cosine", "curriculum", "cyclic", "early", "exponential", "late", "linear", "random", "step"]
POINTS = 1680
MIDPOINTS = [(number + 0.5) / POINTS for number in range(POINTS)]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return alone("harness_plugins.dropouts")


def average(component: Component) -> Callable[..., float]:
    assert component.average is not None
    return component.average


def sum_of(schedule: Callable[..., float], values: dict[str, Any]) -> float:
    return math.fsum(schedule(at, **values) for at in MIDPOINTS) / POINTS


@pytest.mark.parametrize("name", NAMES)
def test_every_schedule_has_an_average_of_its_own_hyperparameters(registry: Registry, name: str) -> None:
    component = registry.component("dropout", name)
    parameters = inspect.signature(average(component)).parameters.values()
    assert {each.name: each.default for each in parameters} == component.defaults
    assert all(each.kind is each.KEYWORD_ONLY for each in parameters)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("constant", {"rate": 0.3}, 0.3),
        ("linear", {"start": 0.6, "end": 0.1}, 0.35),
        ("cosine", {"start": 0.6, "end": 0.1}, 0.35),
        ("exponential", {"start": 0.6, "end": 0.1}, 0.5 / math.log(6)),
        ("exponential", {"start": 0.1, "end": 0.6}, 0.5 / math.log(6)),
        ("exponential", {"start": 0.2, "end": 0.2}, 0.2),
        ("step", {"start": 0.6, "end": 0.1, "jumps": 5}, 0.35),
        ("curriculum", {"rate": 0.4, "gamma": 3.0}, 0.4 * (1 - (1 - math.exp(-3)) / 3)),
        ("early", {"rate": 0.4, "cutoff": 0.3}, 0.12),
        ("late", {"rate": 0.4, "cutoff": 0.3}, 0.28),
        ("cyclic", {"low": 0.1, "high": 0.6, "cycles": 7}, 0.35),
        ("random", {"low": 0.1, "high": 0.6}, 0.35),
    ],
)
def test_values_by_hand(registry: Registry, name: str, values: dict[str, Any], expected: float) -> None:
    component = registry.component("dropout", name)
    assert average(component)(**values) == pytest.approx(expected, rel=1e-12)
    if name != "random":
        assert sum_of(component.build, values) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "random"])
@settings(max_examples=25)
@given(data=st.data())
def test_the_average_is_the_schedule_s_over_the_whole_space(registry: Registry, name: str, data: st.DataObject) -> None:
    component = registry.component("dropout", name)
    values = draw_values(component, data)
    found = average(component)(**values)
    # A jump between two of the points is up to half a point out of place.
    assert found == pytest.approx(sum_of(component.build, values), abs=(1 + values.get("jumps", 0)) / POINTS)
    given = [value for key, value in values.items() if key in ("rate", "start", "end", "low", "high")]
    assert (0 if name in ("early", "late", "curriculum") else min(given)) <= found <= max(given)


def test_random_rates_meet_their_average() -> None:
    generator = torch.Generator().manual_seed(5)
    drawn = [dropouts.random(at, generator=generator, low=0.1, high=0.6) for at in MIDPOINTS]
    # Four standard errors.
    error = 0.5 / math.sqrt(12) / math.sqrt(POINTS)
    assert math.fsum(drawn) / POINTS == pytest.approx(averages.random(low=0.1, high=0.6), abs=4 * error)


def test_ends_that_nearly_agree_or_lie_far_apart_cost_no_digits() -> None:
    near = math.nextafter(0.3, 1)
    assert 0.3 <= averages.exponential(start=0.3, end=near) <= near
    assert averages.exponential(start=0.3, end=0.3 + 1e-9) == pytest.approx(0.3 + 5e-10, rel=1e-15)
    assert averages.exponential(start=0.5, end=5e-324) == pytest.approx(0.5 / (math.log(0.5) - math.log(5e-324)))


@pytest.mark.parametrize("name", NAMES)
def test_the_control_of_a_schedule_is_the_constant_of_its_average(registry: Registry, name: str) -> None:
    control = registry.component("dropout", f"average:{name}")
    expected = average(registry.component("dropout", name))()
    assert [control.build(at, **control.defaults) for at in (0.0, 0.4, 0.9)] == [expected] * 3


@pytest.mark.parametrize(
    ("found", "values", "message"),
    [
        (averages.constant, {"rate": 1.0}, "rate must lie in [0, 1), got 1.0"),
        (averages.linear, {"start": 1.0}, "start must lie in [0, 1), got 1.0"),
        (averages.cosine, {"end": -0.5}, "end must lie in [0, 1), got -0.5"),
        (averages.exponential, {"end": 0.0}, "end must be finite and above 0, got 0.0"),
        (averages.exponential, {"start": 1.0}, "start must lie in [0, 1), got 1.0"),
        (averages.step, {"jumps": 0}, "jumps must be finite and above 0, got 0"),
        (averages.curriculum, {"gamma": 0.0}, "gamma must be finite and above 0, got 0.0"),
        (averages.curriculum, {"rate": 1.0}, "rate must lie in [0, 1), got 1.0"),
        (averages.early, {"cutoff": 1.5}, "cutoff must lie in [0, 1], got 1.5"),
        (averages.late, {"cutoff": -0.5}, "cutoff must lie in [0, 1], got -0.5"),
        (averages.late, {"rate": 1.0}, "rate must lie in [0, 1), got 1.0"),
        (averages.cyclic, {"cycles": 0}, "cycles must be finite and above 0, got 0"),
        (averages.cyclic, {"low": 1.0}, "low must lie in [0, 1), got 1.0"),
        (averages.random, {"high": math.nan}, "high must lie in [0, 1), got nan"),
    ],
)
def test_wrong_values_are_refused(found: Callable[..., float], values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        found(**values)

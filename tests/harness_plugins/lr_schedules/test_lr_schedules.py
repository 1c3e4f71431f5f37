"""The built-in learning-rate schedules against their formulas."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import harness_plugins.lr_schedules
from harness.plugin.component import Component
from harness.plugin.ranges import Range
from harness.plugin.registry import Registry
from harness.plugin.traits import Inclusion

from support.registered import alone, draw_values, registered

lr_schedules = registered(harness_plugins.lr_schedules)

NAMES = [
    "constant", "cosine", "exponential", "inverse_sqrt", "linear", "one_cycle", "polynomial", "rex", "step", "wsd",
]  # fmt: skip
WARMED = [name for name in NAMES if name not in ("constant", "one_cycle")]
JUST_BELOW_1 = math.nextafter(1.0, 0.0)
GRID = [number / 64 for number in range(64)]
COS_45, COS_18 = math.sqrt(0.5), math.cos(math.pi / 10)


@pytest.fixture(scope="module")
def registry() -> Registry:
    return alone("harness_plugins.lr_schedules")


def course(component: Component, **values: Any) -> list[float]:
    return [component.build(at, **values) for at in GRID]


def test_every_schedule_is_tested(registry: Registry) -> None:
    assert registry.names("lr_schedule") == NAMES
    assert registry.default("lr_schedule") == "constant"


@pytest.mark.parametrize(
    ("schedule", "values", "expected"),
    [
        (lr_schedules.constant, {}, [1.0, 1.0, 1.0, 1.0]),
        (lr_schedules.linear, {}, [1.0, 0.75, 0.5, 0.1]),
        (lr_schedules.linear, {"end": 0.2}, [1.0, 0.8, 0.6, 0.28]),
        (lr_schedules.linear, {"warmup": 0.5}, [0.01, 0.505, 1.0, 0.2]),
        (lr_schedules.cosine, {}, [1.0, (1 + COS_45) / 2, 0.5, (1 - COS_18) / 2]),
        (lr_schedules.cosine, {"end": 0.2, "warmup": 0.25}, [0.01, 1.0, 0.8, 0.6 + 0.4 * math.cos(2.6 / 3 * math.pi)]),
        (lr_schedules.polynomial, {}, [1.0, 0.5625, 0.25, 0.01]),
        (lr_schedules.polynomial, {"power": 0.5, "end": 0.1}, [1.0, *(0.1 + 0.9 * x**0.5 for x in (0.75, 0.5, 0.1))]),
        (lr_schedules.polynomial, {"warmup": 0.25}, [0.01, 1.0, 4 / 9, 4 / 225]),
        (lr_schedules.exponential, {}, [1.0, 10**-0.5, 0.1, 10**-1.8]),
        (lr_schedules.exponential, {"end": 1e-4, "warmup": 0.25}, [0.01, 1.0, 1e-4 ** (1 / 3), 1e-4 ** (2.6 / 3)]),
        (lr_schedules.step, {}, [1.0, 1.0, 0.1, 0.01]),
        (lr_schedules.step, {"factor": 0.5, "drops": 3}, [1.0, 0.5, 0.25, 0.125]),
        (lr_schedules.step, {"drops": 1, "warmup": 0.25}, [0.01, 1.0, 1.0, 0.1]),
        (lr_schedules.inverse_sqrt, {}, [0.01, *((9 / x) ** 0.5 for x in (24, 49, 89))]),
        (lr_schedules.inverse_sqrt, {"timescale": 0.25, "warmup": 0.0}, [1.0, 0.5**0.5, 3**-0.5, 4.6**-0.5]),
        (lr_schedules.one_cycle, {}, [0.1, 0.6625, 0.775, 0.05]),
        (lr_schedules.one_cycle, {"warmup": 0.25, "start": 0.2, "end": 0.1}, [0.2, 1.0, 0.2, 0.12]),
        (lr_schedules.one_cycle, {"warmup": 0.5, "start": 0.2}, [0.2, 0.6, 1.0, 0.36]),
        (lr_schedules.wsd, {}, [1.0, 1.0, 1.0, 0.5]),
        (lr_schedules.wsd, {"decay": 0.75, "end": 0.1}, [1.0, 1.0, 0.7, 0.22]),
        (lr_schedules.wsd, {"decay": 0.5, "warmup": 0.5}, [0.01, 0.505, 1.0, 0.4]),
        (lr_schedules.wsd, {"decay": 0.0}, [1.0, 1.0, 1.0, 1.0]),
        (lr_schedules.rex, {}, [1.0, 6 / 7, 2 / 3, 2 / 11]),
        (lr_schedules.rex, {"end": 0.1, "warmup": 0.5}, [0.01, 0.505, 1.0, 0.4]),
    ],
)  # fmt: skip
def test_values_at_four_progresses(
    schedule: Callable[..., float], values: dict[str, Any], expected: list[float]
) -> None:
    assert [schedule(at, **values) for at in (0.0, 0.25, 0.5, 0.9)] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=50)
@given(data=st.data())
def test_a_factor_over_the_whole_space(registry: Registry, name: str, data: st.DataObject) -> None:
    component = registry.component("lr_schedule", name)
    values = draw_values(component, data)
    for at in (0.0, JUST_BELOW_1, data.draw(st.floats(0, JUST_BELOW_1), label="progress")):
        factor = component.build(at, **values)
        assert type(factor) is float
        assert 0 <= factor <= 1
    assert component.build(0.0, **values) > 0


@pytest.mark.parametrize("name", WARMED)
@settings(max_examples=30)
@given(data=st.data())
def test_up_to_1_where_the_warm_up_ends_and_down_from_there(registry: Registry, name: str, data: st.DataObject) -> None:
    component = registry.component("lr_schedule", name)
    values = draw_values(component, data)
    joint = values["warmup"]
    found = course(component, **values)
    before = [factor for at, factor in zip(GRID, found, strict=True) if at < joint]
    after = found[len(before) :]
    assert before == sorted(before)
    assert after == pytest.approx(sorted(after, reverse=True), rel=1e-12)  # but for rounding
    assert component.build(joint, **values) == 1.0
    if joint > 1e-6:
        assert component.build(joint * (1 - 1e-9), **values) == pytest.approx(1.0, abs=1e-8)


@pytest.mark.parametrize("name", WARMED)
def test_the_whole_shape_runs_after_the_warm_up(registry: Registry, name: str) -> None:
    component = registry.component("lr_schedule", name)
    cold, warm = component.resolve({"warmup": 0.0}), component.resolve({"warmup": 0.5})
    assert [component.build(0.5 + at / 2, **warm) for at in GRID] == course(component, **cold)
    rise = [component.build(at / 2, **warm) for at in GRID]
    assert rise == pytest.approx([0.01 + 0.99 * at for at in GRID], rel=1e-12)


@given(warmup=st.floats(0, 1, exclude_max=True), progress=st.floats(0, JUST_BELOW_1))
def test_any_warm_up_is_followed_by_the_shape(warmup: float, progress: float) -> None:
    for schedule in (lr_schedules.linear, lr_schedules.step, lr_schedules.polynomial, lr_schedules.rex):
        assert 0 <= schedule(progress, warmup=warmup) <= 1


def test_inverse_sqrt_can_be_that_of_the_steps_since_the_start() -> None:
    warmup = 0.2
    for at in (0.2, 0.3, 0.8, 0.99):
        factor = lr_schedules.inverse_sqrt(at, timescale=warmup / (1 - warmup), warmup=warmup)
        assert factor == pytest.approx(math.sqrt(warmup / at), rel=1e-12)


@given(warmup=st.floats(0.01, 0.5), start=st.floats(0.01, 1), end=st.floats(0, 0.1))
def test_one_cycle_is_a_triangle_and_a_tail(warmup: float, start: float, end: float) -> None:
    def factor(progress: float) -> float:
        return lr_schedules.one_cycle(progress, warmup=warmup, start=start, end=end)

    assert factor(0.0) == pytest.approx(start)
    assert factor(warmup) == 1.0
    for part in (0.2, 0.5, 0.9):
        assert factor(warmup * (1 - part)) == pytest.approx(factor(warmup * (1 + part)), rel=1e-9)
        assert factor(warmup * (1 - part)) == pytest.approx(1 - (1 - start) * part, rel=1e-9)
    if warmup < 0.499:
        assert factor(2 * warmup) == pytest.approx(start)
        assert factor(2 * warmup - 1e-12) == pytest.approx(start, abs=1e-8)
        assert factor(JUST_BELOW_1) == pytest.approx(end, abs=1e-9)


@pytest.mark.parametrize("decay", [0.1, 0.2, 0.7])
def test_wsd_is_level_until_it_decays(decay: float) -> None:
    found = {at: lr_schedules.wsd(at, decay=decay, end=0.1) for at in GRID}
    assert {factor for at, factor in found.items() if at <= 1 - decay} == {1.0}
    assert all(factor < 1 for at, factor in found.items() if at > 1 - decay)
    assert lr_schedules.wsd(1 - decay + 1e-9, decay=decay) == pytest.approx(1.0, abs=2e-8)


@pytest.mark.parametrize("name", NAMES)
def test_every_hyperparameter_changes_the_factors_and_can_be_searched(registry: Registry, name: str) -> None:
    component = registry.component("lr_schedule", name)
    assert set(component.space) == set(component.hyperparameters)
    usual = course(component, **component.defaults)
    for key, domain in component.space.items():
        assert isinstance(domain, Range)
        assert component.defaults[key] in domain
        other = (domain.low + domain.high) / 2
        changed = component.resolve({key: int(other) if domain.integer else other})
        assert changed != component.defaults
        assert course(component, **changed) != usual


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("constant", "inverse_sqrt")])
def test_what_includes_another_can_be_it(registry: Registry, name: str) -> None:
    component = registry.component("lr_schedule", name)
    assert "constant" in component.traits.includes
    for other, included in component.traits.includes.items():
        assert isinstance(included, Inclusion)
        theirs: dict[str, Any] = {"constant": {}, "linear": {"end": 0.3, "warmup": 0.2}}[other]
        own = component.resolve({key: theirs[as_] for key, as_ in included.same.items()} | dict(included.reach))
        expected = course(registry.component("lr_schedule", other), **theirs)
        assert course(component, **own) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        *((name, {"warmup": 1.0}, "warmup must lie in [0, 1), got 1.0") for name in WARMED),
        *((name, {"warmup": -0.1}, "warmup must lie in [0, 1), got -0.1") for name in WARMED),
        *(
            (name, {"end": 1.5}, "end must lie in [0, 1], got 1.5")
            for name in NAMES if name not in ("constant", "inverse_sqrt", "step")
        ),
        ("polynomial", {"power": 0.0}, "power must be finite and above 0, got 0.0"),
        ("exponential", {"end": 0.0}, "end must be finite and above 0, got 0.0"),
        ("step", {"factor": 0.0}, "factor must be finite and above 0, got 0.0"),
        ("step", {"factor": 1.5}, "factor must lie in [0, 1], got 1.5"),
        ("step", {"drops": 0}, "drops must be finite and above 0, got 0"),
        ("inverse_sqrt", {"timescale": 0.0}, "timescale must be finite and above 0, got 0.0"),
        ("one_cycle", {"warmup": 0.0}, "warmup must lie in (0, 0.5], got 0.0"),
        ("one_cycle", {"warmup": 0.6}, "warmup must lie in (0, 0.5], got 0.6"),
        ("one_cycle", {"start": 0.0}, "start must be finite and above 0, got 0.0"),
        ("one_cycle", {"start": 1.5}, "start must lie in [0, 1], got 1.5"),
        ("wsd", {"decay": 1.1}, "decay must lie in [0, 1], got 1.1"),
        ("wsd", {"decay": math.nan}, "decay must lie in [0, 1], got nan"),
    ],
)  # fmt: skip
def test_wrong_values_are_refused_at_every_step(name: str, values: dict[str, Any], message: str) -> None:
    for progress in (0.0, 0.9):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            getattr(lr_schedules, name)(progress, **values)

"""The built-in dropout schedules against their formulas."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.ranges import Range
from harness.registry import Registry, build_registry
from harness_plugins import dropouts

NAMES = ["constant", "cosine", "curriculum", "early", "late", "linear"]
COS_45, COS_18 = math.sqrt(0.5), math.cos(math.pi / 10)
JUST_BELOW_1 = math.nextafter(1.0, 0.0)
rates = st.floats(0, JUST_BELOW_1)
progresses = st.floats(0, JUST_BELOW_1)


@pytest.fixture(scope="module")
def registry() -> Registry:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_PLUGINS", "")
        return build_registry(["harness_plugins.dropouts"])


def test_every_schedule_is_tested(registry: Registry) -> None:
    assert registry.names("dropout") == NAMES


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
    ],
)  # fmt: skip
def test_values_at_four_progresses(
    schedule: Callable[..., float], values: dict[str, float], expected: list[float]
) -> None:
    assert [schedule(at, **values) for at in (0.0, 0.25, 0.5, 0.9)] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("schedule", "values", "average"),
    [
        (dropouts.constant, {"rate": 0.3}, 0.3),
        (dropouts.linear, {"start": 0.6, "end": 0.1}, 0.35),
        (dropouts.cosine, {"start": 0.6, "end": 0.1}, 0.35),
        (dropouts.curriculum, {"rate": 0.4, "gamma": 3.0}, 0.4 * (1 - (1 - math.exp(-3)) / 3)),
        (dropouts.early, {"rate": 0.4, "cutoff": 0.3}, 0.12),
        (dropouts.late, {"rate": 0.4, "cutoff": 0.3}, 0.28),
    ],
)
def test_average_over_training_is_the_docstring_s(
    schedule: Callable[..., float], values: dict[str, float], average: float
) -> None:
    points = 10_000
    midpoints = [(number + 0.5) / points for number in range(points)]
    assert sum(schedule(at, **values) for at in midpoints) / points == pytest.approx(average, rel=1e-6)


@pytest.mark.parametrize("name", NAMES)
@settings(deadline=None)
@given(data=st.data())
def test_a_rate_over_the_whole_space(registry: Registry, name: str, data: st.DataObject) -> None:
    component = registry.component("dropout", name)
    values = {}
    for key, domain in component.space.items():
        assert isinstance(domain, Range)
        values[key] = data.draw(st.floats(domain.low, domain.high), label=key)
    rate = component.build(data.draw(progresses, label="progress"), **values)
    assert type(rate) is float
    assert 0 <= rate <= max(values.get(key, 0) for key in ("rate", "start", "end")) < 1


@settings(deadline=None)
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
    usual = [component.build(at, **component.defaults) for at in grid]
    for key, domain in component.space.items():
        assert isinstance(domain, Range)
        assert component.defaults[key] in domain
        changed = component.resolve({key: (domain.low + domain.high) / 2 + 0.01})
        assert [component.build(at, **changed) for at in grid] != usual


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
    ],
)
def test_wrong_values_are_refused(schedule: Callable[..., float], values: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        schedule(0.0, **values)

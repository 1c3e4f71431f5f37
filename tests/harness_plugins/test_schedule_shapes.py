"""The shapes that schedules share."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness_plugins import schedule_shapes

JUST_BELOW_1 = math.nextafter(1.0, 0.0)
shares = st.floats(0, 1)
above_0 = st.floats(0, 1, exclude_min=True)


@given(start=shares, end=shares, share=shares)
def test_a_line_never_leaves_its_ends(start: float, end: float, share: float) -> None:
    assert min(start, end) <= schedule_shapes.between(start, end, share) <= max(start, end)
    assert schedule_shapes.between(start, end, 0.0) == start
    assert schedule_shapes.between(start, end, 1.0) == pytest.approx(end, abs=2**-53)


@given(start=above_0, end=above_0, share=shares)
def test_neither_does_a_geometric_course(start: float, end: float, share: float) -> None:
    assert min(start, end) <= schedule_shapes.geometric(start, end, share) <= max(start, end)
    assert min(start, end) <= schedule_shapes.geometric_mean(start, end) <= max(start, end)
    assert schedule_shapes.geometric_mean(start, end) == schedule_shapes.geometric_mean(end, start)


def test_a_geometric_course_by_hand() -> None:
    found = [schedule_shapes.geometric(1.0, 1e-4, share) for share in (0, 0.25, 0.5, 1)]
    assert found == pytest.approx([1, 0.1, 0.01, 1e-4], rel=1e-12)
    assert schedule_shapes.geometric_mean(1.0, 1e-4) == pytest.approx((1 - 1e-4) / math.log(1e4), rel=1e-12)


def test_half_a_cosine_by_hand() -> None:
    found = [schedule_shapes.half_cosine(at) for at in (0, 1 / 3, 0.5, 1)]
    assert found == pytest.approx([0, 0.25, 0.5, 1], rel=1e-12)


@given(steps=st.integers(1, 5000), jumps=st.integers(1, 19), data=st.data())
def test_jumps_come_at_the_steps_where_they_belong(steps: int, jumps: int, data: st.DataObject) -> None:
    step = data.draw(st.integers(0, steps - 1))
    assert schedule_shapes.jumps_made(step / steps, jumps) == step * (jumps + 1) // steps


def test_the_last_level_lasts_to_the_end() -> None:
    for jumps in range(1, 20):
        assert schedule_shapes.jumps_made(JUST_BELOW_1, jumps) == schedule_shapes.jumps_made(1.0, jumps) == jumps


def test_triangles_by_hand() -> None:
    assert [schedule_shapes.triangle(at / 8, 1) for at in range(8)] == [0, 0.25, 0.5, 0.75, 1, 0.75, 0.5, 0.25]
    assert [schedule_shapes.triangle(at / 8, 2) for at in range(8)] == [0, 0.5, 1, 0.5, 0, 0.5, 1, 0.5]


@given(progress=st.floats(0, JUST_BELOW_1), cycles=st.integers(1, 50))
def test_a_triangle_stays_within_0_and_1(progress: float, cycles: int) -> None:
    assert 0 <= schedule_shapes.triangle(progress, cycles) <= 1

"""Ranges pushed out: on their scale, within what is valid, to a natural limit and no further."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.plugin.ranges import Range, integers, linear, log, one_minus_log
from harness.study.widening import ends_there, widened


@pytest.mark.parametrize(
    ("domain", "side", "expected"),
    [
        (log(1e-4, 1e-2), "high", log(1e-4, 0.1)),
        (log(1e-4, 1e-2), "low", log(1e-5, 1e-2)),
        (log(0.01, 0.4), "high", log(0.01, 2.6)),  # √40 = 6.3 times
        (log(1e-10, 1e-3), "high", log(1e-10, 1e-2)),  # at most 10 times
        (log(1.0, 2.0), "high", log(1.0, 6.0)),  # at least 3 times
        (one_minus_log(0.9, 0.999), "high", one_minus_log(0.9, 0.9999)),
        (one_minus_log(0.9, 0.999), "low", one_minus_log(0.0, 0.999)),
        (one_minus_log(0.5, 0.98), "low", one_minus_log(0.0, 0.98)),
        (linear(0.0, 0.7), "high", linear(0.0, 0.85)),  # may be a share, which never reaches 1
        (linear(0.1, 0.7), "low", linear(0.0, 0.7)),
        (linear(-1.0, 3.0), "low", linear(-3.0, 3.0)),
        (linear(2.0, 10.0), "high", linear(2.0, 14.0)),
        (integers(2, 8), "high", integers(2, 11)),
        (integers(2, 8), "low", integers(1, 8)),
        (integers(4, 64, log=True), "high", integers(4, 260, log=True)),
        (integers(4, 64, log=True), "low", integers(1, 64, log=True)),
    ],
    ids=str,
)
def test_an_end_is_pushed_out_on_its_scale(domain, side, expected):
    assert widened(domain, side) == expected


@pytest.mark.parametrize(
    ("domain", "side"), [(linear(0.0, 0.7), "low"), (integers(1, 8), "low"), (one_minus_log(0.0, 0.9), "low")], ids=str
)
def test_there_is_no_room_below_nothing(domain, side):
    assert widened(domain, side) is None


def test_a_natural_limit_stops_it():
    assert widened(log(1e-6, 1e-3), "low", (1e-8,)) == log(1e-7, 1e-3)
    assert widened(log(5e-8, 1e-3), "low", (1e-8,)) == log(1e-8, 1e-3)
    assert widened(linear(0.05, 0.95), "high", (0.0, 1.0)) == linear(0.05, 1.0)
    assert widened(linear(0.05, 0.99), "high", (0.0, 0.99)) is None


def test_a_range_that_reaches_a_natural_limit_ends_there_on_that_side_only():
    assert ends_there(log(1e-10, 1e-3), "low", (1e-8,))
    assert not ends_there(log(1e-10, 1e-3), "high", (1e-8,))
    assert not ends_there(log(1e-6, 1e-3), "low", (1e-8,))
    assert ends_there(linear(0.0, 0.7), "low", (0.0, 0.95))
    assert not ends_there(linear(0.0, 0.7), "high", (0.0, 0.95))


def test_a_limit_that_the_scale_cannot_reach_makes_the_end_natural():
    assert ends_there(log(1e-8, 1e-3), "low", (0.0,))
    assert not ends_there(log(1e-8, 1e-3), "high", (0.0,))
    assert ends_there(one_minus_log(0.5, 0.99), "high", (1.0,))


ranges = st.one_of(
    st.builds(lambda low, ratio: log(low, low * ratio), st.floats(1e-9, 1e3), st.floats(1.1, 1e6)),
    st.builds(lambda a, b: one_minus_log(1 - a, 1 - a * b), st.floats(1e-3, 1), st.floats(1e-4, 0.9)),
    st.builds(lambda low, width: linear(low, low + width), st.floats(-5, 5), st.floats(0.01, 10)),
    st.builds(lambda low, width: integers(low, low + width), st.integers(-5, 50), st.integers(1, 100)),
    st.builds(lambda low, width: integers(low, low + width, log=True), st.integers(1, 50), st.integers(1, 100)),
)


@given(ranges, st.sampled_from(["low", "high"]), st.lists(st.floats(-10, 10), max_size=2))
def test_what_is_widened_is_a_valid_range_that_holds_the_old_one(domain, side, limits):
    wider = widened(domain, side, limits)
    if wider is not None:
        assert isinstance(wider, Range)  # which checks itself
        kept = "high" if side == "low" else "low"
        assert getattr(wider, kept) == getattr(domain, kept)
        assert wider.low < domain.low or wider.high > domain.high
        assert domain.low < 0 or wider.low >= 0

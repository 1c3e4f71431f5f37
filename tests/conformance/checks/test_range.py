"""The check that a schedule stays within its limits, all over its space."""

from __future__ import annotations

import harness

from support.examining import accused, fault


def above(progress, *, rate: float = 0.4):
    """Rises to twice the rate."""
    return 2 * rate * progress


def negative(progress, *, end: float = 0.0):
    """Falls to the end, or so."""
    return 1 - progress * (1 + end)


def hump(progress, *, height: float = 0.2):
    """Too high for heights in the middle of the range alone."""
    return 1.5 if 0.3 < height < 0.7 else 0.1 + height / 2


def test_a_schedule_out_of_range_at_the_end_of_its_space():
    assert accused("dropout", above, space={"rate": harness.linear(0.1, 0.6)}) == {
        "range": "at progress 0.835 it gives 1.002, and a drop rate lies in [0, 1), at rate=0.6"
    }
    assert accused("lr_schedule", negative, space={"end": harness.linear(0.0, 0.3)}) == {
        "range": "at progress 0.77 it gives -0.001000000000000112, and a factor is at least 0, at end=0.3"
    }


def test_a_schedule_out_of_range_inside_its_space():
    found = accused("dropout", hump, space={"height": harness.linear(0.0, 1.0)})
    assert "range" in found


def ramp(progress, *, rate: float = 0.4):
    """Rises to the rate."""
    return rate * progress


def test_a_rate_of_1_that_is_never_reached_passes():
    assert fault("range", "dropout", ramp, space={"rate": harness.linear(0.0, 1.0)}) == ""


def test_a_factor_may_exceed_1():
    assert fault("range", "lr_schedule", lambda progress: 1 + progress) == ""

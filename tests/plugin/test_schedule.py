"""Schedules over training: their values and their mean."""

from __future__ import annotations

import pytest
import torch

from harness.plugin.component import Component, Offer, Provider, component_from
from harness.plugin.kinds import DROPOUT
from harness.plugin.schedule import course, mean_over_training


def schedule(build, average=None) -> Component:
    return component_from(DROPOUT, "x", Offer(build=build, average=average), Provider(plugin="p"))


def line(progress: float, *, start: float = 0.0, end: float = 1.0) -> float:
    """A straight line."""
    return start + (end - start) * progress


def test_a_course_has_one_value_in_each_equal_share_of_training():
    assert course(schedule(line), {"start": 0.0, "end": 1.0}, 4) == [0.0, 0.25, 0.5, 0.75]
    assert course(schedule(line), {"start": 0.0, "end": 1.0}, 4, where=0.5) == [0.125, 0.375, 0.625, 0.875]
    assert course(schedule(line), {"start": 1.0, "end": 0.0}, 1, where=1.0) == [0.0]


def test_a_schedule_that_draws_draws_the_same_every_time():
    def noisy(progress: float, *, generator: torch.Generator) -> float:
        """Noise."""
        return float(torch.rand((), generator=generator))

    values = course(schedule(noisy), {}, 5)
    assert len(set(values)) == 5
    assert course(schedule(noisy), {}, 5) == values


def test_the_mean_is_what_the_schedule_declares_else_that_of_its_values():
    values = {"start": 0.25, "end": 0.75}
    assert mean_over_training(schedule(line), values) == pytest.approx(0.5, abs=1e-12)
    declared = schedule(line, average=lambda start, end: start)
    assert mean_over_training(declared, values) == 0.25

"""The check that a problem's own metrics are measured, finite, and the same twice."""

from __future__ import annotations

import random

import pytest

from support.examining import fault, only_fault
from support.plain import problem


def no_metric():
    """Declares what it does not measure."""
    return problem(metrics={"f1": "maximise"}, score=lambda predict, split: {})


def random_metric():
    """Measures by chance."""
    return problem(metrics={"f1": "maximise"}, score=lambda predict, split: {"f1": random.random()})


@pytest.mark.parametrize(
    ("cheat", "message"),
    [
        (no_metric, "it declares the metrics ['f1'], and its score has []"),
        (random_metric, "its score of one model is {'f1': "),
    ],
)
def test_problem(cheat, message):
    assert only_fault("score", "problem", cheat).startswith(message)


def constant_metric():
    """Measures one thing, always alike."""
    return problem(metrics={"f1": "maximise"}, score=lambda predict, split: {"f1": 1.0})


def test_a_metric_that_is_declared_and_measured_passes():
    assert fault("score", "problem", constant_metric) == ""

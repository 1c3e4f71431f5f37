"""The check that a schedule is a function of progress."""

from __future__ import annotations

import itertools

import torch

import harness

from support.examining import accused

calls = itertools.count()


def counts(progress):
    """Falls with every call."""
    return 1 / (1 + next(calls))


def test_an_impure_schedule():
    found = accused("lr_schedule", counts)
    assert (
        found["purity"] == "its value depends on what it was asked before: a schedule is a function of progress alone"
    )


def drawn_rate(progress, *, generator, high: float = 0.5):
    """A rate drawn at each step."""
    return high * torch.rand((), generator=generator).item()


def test_a_rate_that_is_drawn_from_the_given_generator_passes():
    space = {"high": harness.linear(0, 0.9)}
    assert accused("dropout", drawn_rate, space=space, average=lambda high: high / 2) == {}

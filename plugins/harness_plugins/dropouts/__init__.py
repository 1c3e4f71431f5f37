"""Dropout schedules: the drop rate of the hidden units as a function of progress.

``progress``: share of the steps already taken, in [0, 1). The result is a rate in [0, 1), as are all hyperparameters
that are rates: ``rate``, ``start``, ``end``, ``low`` and ``high``.

A schedule differs from a constant in its shape and in how much it drops. The study word ``average:NAME`` stands for the
constant that drops as much on average (the function ``average`` of each file), so that only the shape is compared.
"""

from __future__ import annotations

import harness
from harness_plugins.dropouts import (
    constant,
    cosine,
    curriculum,
    cyclic,
    early,
    exponential,
    late,
    linear,
    random,
    step,
)

RULES = (constant, linear, cosine, exponential, step, curriculum, early, late, cyclic, random)


@harness.hookimpl
def register_dropout_schedules(register: harness.Register) -> None:
    """One constant and nine that change over training, each by its own file."""
    for rule in RULES:
        rule.register_dropout_schedules(register)

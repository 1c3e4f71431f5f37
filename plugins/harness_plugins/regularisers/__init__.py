"""Regularisers: penalties, targets, gradients, weights, averages and noise. Those of a study act in its order.

In docstrings w is a weight, g its gradient, and lr the learning rate of the optimiser's group that the weight is in. A
``rate`` is the probability of dropping; what is kept is scaled so that the mean stays what it was.
"""

from __future__ import annotations

import harness
from harness_plugins.regularisers import (
    clip_norm,
    clip_value,
    confidence_penalty,
    decay,
    dropconnect,
    ema,
    feature_dropout,
    flooding,
    gaussian_dropout,
    gradient_noise,
    input_dropout,
    l1,
    l2,
    label_smoothing,
    max_norm,
    mixout,
    none,
    r_drop,
    row_dropout,
    sam,
    swa,
    word_dropout,
)

RULES = (
    *(none, l2, l1, decay, max_norm),
    *(label_smoothing, confidence_penalty, flooding, r_drop),
    *(clip_norm, clip_value, gradient_noise, sam),
    *(input_dropout, feature_dropout, row_dropout, dropconnect, mixout, gaussian_dropout, word_dropout),
    *(ema, swa),
)


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    """None, and twenty-one that may be on together, each by its own file."""
    for rule in RULES:
        rule.register_regularisers(register)

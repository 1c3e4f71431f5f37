"""Exponential moving average of the weights."""

from __future__ import annotations

from torch.optim import Optimizer

import harness
from harness_plugins.checks import below_one
from harness_plugins.regularisers._average import AverageOfWeights
from harness_plugins.regularisers._same_as_none import off_at


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register(
        "ema",
        EMA,
        space={"decay": harness.one_minus_log(0.9, 0.9999)},
        traits=harness.Traits(includes=off_at(decay=0.0), natural_limits={"decay": (0.0,)}),
    )


class EMA(AverageOfWeights):
    """Exponential moving average of the weights, evaluated in their place, with bias correction: Kingma & Ba 2015.

    m ← decay·m + (1 − decay)·w from 0, divided by 1 − decay^t after t steps (their section 7.2): the starting weights
    have no part in it, so that short training can use it. ``decay``: in [0, 1), an average of about the last
    1/(1 − decay) steps. Not for an optimiser that averages by itself, as schedule_free does.
    """

    def __init__(self, *, decay: float = 0.99) -> None:
        below_one(decay=decay)
        self.decay = decay

    def after(self, optimiser: Optimizer, step: harness.Step) -> None:
        self._count += 1
        self._add((1 - self.decay) / (1 - self.decay**self._count))

"""Stochastic weight averaging."""

from __future__ import annotations

from torch.optim import Optimizer

import harness
from harness_plugins.checks import below_one
from harness_plugins.regularisers._average import AverageOfWeights


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register(
        "swa",
        SWA,
        space={"start": harness.linear(0.0, 0.95)},
        traits=harness.Traits(natural_limits={"start": (0.0, 0.95)}),
    )


class SWA(AverageOfWeights):
    """Stochastic weight averaging, the mean of the weights after each step from start on: Izmailov et al. 2018.

    ``start``: share of the steps, in [0, 1); before it the weights themselves are evaluated. Not for an lr schedule
    that ends near 0, where there is little left to average.
    """

    def __init__(self, *, start: float = 0.75) -> None:
        below_one(start=start)
        self.start_at = start

    def after(self, optimiser: Optimizer, step: harness.Step) -> None:
        if step.progress >= self.start_at:
            self._count += 1
            self._add(1 / self._count)

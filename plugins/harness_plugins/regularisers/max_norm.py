"""A limit on the norm of a unit's weights."""

from __future__ import annotations

import torch
from torch.optim import Optimizer

import harness
from harness_plugins.checks import positive


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register(
        "max_norm",
        MaxNorm,
        space={"limit": harness.log(1.0, LONG_ROW)},
        traits=harness.Traits(
            natural_limits={"limit": (LONG_ROW,)}, meanings={"limit": "norm of a hidden unit's weights"}
        ),
    )


LONG_ROW = 4.0
"""A norm that hardly a row reaches: Xavier's rows start at up to 1.4, and few grow to three times that."""


class MaxNorm(harness.Regulariser):
    """Max-norm, each hidden unit's incoming weights scaled back to a norm of at most limit: Srivastava et al. 2014.

    ``limit`` is above 0; the weights are scaled after every step of the optimiser. Not for layers that start above the
    limit: the first step would cut them down.
    """

    def __init__(self, *, limit: float = 2.0) -> None:
        positive(limit=limit)
        self.limit = limit

    @torch.no_grad()
    def after(self, optimiser: Optimizer, step: harness.Step) -> None:
        weight = self.model.hidden.weight
        norms = torch.linalg.vector_norm(weight, dim=1, keepdim=True)
        weight.mul_((self.limit / norms).clamp(max=1.0))

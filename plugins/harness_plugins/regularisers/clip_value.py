"""A limit on every value of the gradient."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn.utils import clip_grad_value_

import harness
from harness_plugins.checks import positive
from harness_plugins.regularisers._same_as_none import off_at


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register(
        "clip_value",
        ClipValue,
        space={"limit": harness.log(1e-4, ALL_VALUES)},
        traits=harness.Traits(
            includes=off_at(limit=ALL_VALUES),
            natural_limits={"limit": (ALL_VALUES,)},
            meanings={"limit": "size of one value of the gradient"},
        ),
    )


ALL_VALUES = 1.0
"""A limit that no gradient of this model's mean loss meets, unless training diverges."""


class ClipValue(harness.Regulariser):
    """Clipping by value, each component of the gradient to [−limit, limit]: Mikolov 2012.

    ``limit`` is above 0. Not for keeping the gradient's direction: that is ``clip_norm``.
    """

    def __init__(self, *, limit: float = 0.01) -> None:
        positive(limit=limit)
        self.limit = limit

    def gradient(self, compute: Callable[[], Tensor], step: harness.Step) -> Tensor:
        loss = compute()
        clip_grad_value_(self.model.parameters(), self.limit)
        return loss

"""A limit on the norm of the gradient."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn.utils import clip_grad_norm_

import harness
from harness_plugins.checks import positive
from harness_plugins.regularisers._same_as_none import off_at


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register(
        "clip_norm",
        ClipNorm,
        space={"limit": harness.log(0.01, ALL_NORMS)},
        traits=harness.Traits(
            includes=off_at(limit=ALL_NORMS),
            natural_limits={"limit": (ALL_NORMS,)},
            meanings={"limit": "norm of the whole gradient"},
        ),
    )


ALL_NORMS = 10.0
"""A limit that no gradient of this model's mean loss meets, unless training diverges."""


class ClipNorm(harness.Regulariser):
    """Clipping by norm, g ← g·min(1, limit/‖g‖), of all parameters together: Pascanu et al. 2013.

    ``limit`` is above 0. Not for Adam and its like as a means to shorter steps: they are hardly shorter for a smaller
    gradient.
    """

    def __init__(self, *, limit: float = 1.0) -> None:
        positive(limit=limit)
        self.limit = limit

    def gradient(self, compute: Callable[[], Tensor], step: harness.Step) -> Tensor:
        loss = compute()
        clip_grad_norm_(self.model.parameters(), self.limit)
        return loss

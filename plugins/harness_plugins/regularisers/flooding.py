"""A floor under the loss."""

from __future__ import annotations

from torch import Tensor

import harness
from harness_plugins.checks import not_negative
from harness_plugins.regularisers._same_as_none import off_at
from harness_plugins.regularisers._second_pass import Again


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register(
        "flooding",
        Flooding,
        space={"level": harness.linear(0.0, 0.2)},
        traits=harness.Traits(includes=off_at(level=0.0), natural_limits={"level": (0.0,)}),
    )


class Flooding(harness.Regulariser):
    """Flooding, |loss − level| + level: below the level training climbs back: Ishida et al. 2020.

    ``level``: of a batch's mean loss in nats, as those before this one have made it. Not for a loss that may be
    negative, nor for a level that training never reaches, where it does nothing.
    """

    def __init__(self, *, level: float = 0.1) -> None:
        not_negative(level=level)
        self.level = level

    def loss(self, loss: Tensor, logits: Tensor, labels: Tensor, again: Again) -> Tensor:
        return (loss - self.level).abs() + self.level

"""Changed labels."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import cross_entropy, log_softmax

import harness
from harness_plugins.checks import below_one
from harness_plugins.regularisers._same_as_none import off_at
from harness_plugins.regularisers._second_pass import Again


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register(
        "label_smoothing",
        LabelSmoothing,
        space={"amount": harness.options(0.05, 0.1, 0.2)},
        traits=harness.Traits(includes=off_at(amount=0.0)),
    )


class LabelSmoothing(harness.Regulariser):
    """Label smoothing: every class gets amount/C of the label's probability, C classes: Szegedy et al. 2016.

    ``amount``: in [0, 1). The cross-entropy's change is added to the loss as it is so far. Not for comparing training
    losses, as its smallest value is not 0.
    """

    def __init__(self, *, amount: float = 0.1) -> None:
        below_one(amount=amount)
        self.amount = amount

    def loss(self, loss: Tensor, logits: Tensor, labels: Tensor, again: Again) -> Tensor:
        uniform = -log_softmax(logits, 1).mean()
        return loss + self.amount * (uniform - cross_entropy(logits, labels))

"""A penalty on certainty."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import log_softmax

import harness
from harness_plugins.checks import not_negative
from harness_plugins.regularisers._same_as_none import off_at
from harness_plugins.regularisers._second_pass import Again


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register(
        "confidence_penalty",
        ConfidencePenalty,
        space={"strength": harness.log(NO_PENALTY, 2.0)},
        traits=harness.Traits(
            includes=off_at(strength=NO_PENALTY),
            natural_limits={"strength": (NO_PENALTY,)},
            meanings={"strength": "loss per nat of entropy"},
        ),
    )


NO_PENALTY = 1e-3
"""A strength that, times an entropy of a few nats at most, does not matter beside the loss."""


class ConfidencePenalty(harness.Regulariser):
    """Confidence penalty, loss − strength·H(p), H being the entropy of the model's distribution: Pereyra et al. 2017.

    ``strength``: loss per nat, at least 0. The entropy is the batch's mean, in nats. Not for classes whose labels are
    certain and easy: it forbids the confidence that they deserve.
    """

    def __init__(self, *, strength: float = 0.1) -> None:
        not_negative(strength=strength)
        self.strength = strength

    def loss(self, loss: Tensor, logits: Tensor, labels: Tensor, again: Again) -> Tensor:
        log_p = log_softmax(logits, 1)
        return loss + self.strength * (log_p.exp() * log_p).sum(1).mean()

"""Two passes that must agree."""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import log_softmax

import harness
from harness_plugins.checks import not_negative
from harness_plugins.regularisers._second_pass import Again


@harness.hookimpl
def register_regularisers(register: harness.Register) -> None:
    register(
        "r_drop",
        RDrop,
        space={"alpha": harness.log(0.05, 10.0)},
        traits=harness.Traits(meanings={"alpha": "weight of the divergence"}),
    )


class RDrop(harness.Regulariser):
    """R-Drop, mean loss of two passes + alpha·(KL(p‖q) + KL(q‖p))/2, p and q being their outputs: Wu et al. 2021.

    ``alpha`` is at least 0. Every step costs two passes. Not for training without dropout or other noise in the forward
    pass, where both passes are one; masks of weights, as ``dropconnect``'s, are the same in both.
    """

    def __init__(self, *, alpha: float = 1.0) -> None:
        not_negative(alpha=alpha)
        self.alpha = alpha

    def loss(self, loss: Tensor, logits: Tensor, labels: Tensor, again: Again) -> Tensor:
        other_logits, other_loss = again()
        log_p, log_q = log_softmax(logits, 1), log_softmax(other_logits, 1)
        divergences = ((log_p.exp() - log_q.exp()) * (log_p - log_q)).sum(1)  # KL(p‖q) + KL(q‖p)
        return (loss + other_loss) / 2 + self.alpha * divergences.mean() / 2

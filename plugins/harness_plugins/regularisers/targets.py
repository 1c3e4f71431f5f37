"""What is minimised instead of the loss: changed labels, changed distributions, a floor."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn.functional import cross_entropy, log_softmax

import harness
from harness_plugins.checks import fraction, not_negative

Again = Callable[[], tuple[Tensor, Tensor]]


class LabelSmoothing(harness.Regulariser):
    """Label smoothing: every class gets amount/C of the label's probability, C classes: Szegedy et al. 2016.

    ``amount``: in [0, 1). The cross-entropy's change is added to the loss as it is so far. Not for comparing training
    losses, as its smallest value is not 0.
    """

    def __init__(self, *, amount: float = 0.1) -> None:
        fraction(amount=amount)
        self.amount = amount

    def loss(self, loss: Tensor, logits: Tensor, labels: Tensor, again: Again) -> Tensor:
        uniform = -log_softmax(logits, 1).mean()
        return loss + self.amount * (uniform - cross_entropy(logits, labels))


class ConfidencePenalty(harness.Regulariser):
    """Confidence penalty, loss − strength·H(p), H being the entropy of the model's distribution: Pereyra et al. 2017.

    The entropy is the batch's mean, in nats. Not for classes whose labels are certain and easy: it forbids the
    confidence that they deserve.
    """

    def __init__(self, *, strength: float = 0.1) -> None:
        not_negative(strength=strength)
        self.strength = strength

    def loss(self, loss: Tensor, logits: Tensor, labels: Tensor, again: Again) -> Tensor:
        log_p = log_softmax(logits, 1)
        return loss + self.strength * (log_p.exp() * log_p).sum(1).mean()


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


class RDrop(harness.Regulariser):
    """R-Drop, mean loss of two passes + alpha·(KL(p‖q) + KL(q‖p))/2, p and q being their outputs: Wu et al. 2021.

    Every step costs two passes. Not for training without dropout or other noise in the forward pass, where both passes
    are one; masks of weights, as ``dropconnect``'s, are the same in both.
    """

    def __init__(self, *, alpha: float = 1.0) -> None:
        not_negative(alpha=alpha)
        self.alpha = alpha

    def loss(self, loss: Tensor, logits: Tensor, labels: Tensor, again: Again) -> Tensor:
        other_logits, other_loss = again()
        log_p, log_q = log_softmax(logits, 1), log_softmax(other_logits, 1)
        divergences = ((log_p.exp() - log_q.exp()) * (log_p - log_q)).sum(1)  # KL(p‖q) + KL(q‖p)
        return (loss + other_loss) / 2 + self.alpha * divergences.mean() / 2

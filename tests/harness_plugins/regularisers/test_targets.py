"""label_smoothing, confidence_penalty, flooding and r_drop against their formulas."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck
from torch.distributions import Categorical
from torch.nn.functional import cross_entropy, kl_div, log_softmax

from harness import EmbeddingClassifier, Regulariser
from harness_plugins.regularisers.confidence_penalty import ConfidencePenalty
from harness_plugins.regularisers.flooding import Flooding
from harness_plugins.regularisers.gaussian_dropout import GaussianDropout
from harness_plugins.regularisers.label_smoothing import LabelSmoothing
from harness_plugins.regularisers.r_drop import RDrop

from support.regularising import TRAIN, Training, classifier, gradients, plain_gradients, plain_loss, same_bits, weights

LABELS = torch.tensor([2, 0, 1, 1, 0])


def logits(seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(5, 3, dtype=torch.float64, generator=generator).requires_grad_()


def never() -> tuple[Tensor, Tensor]:
    raise AssertionError("one pass is enough")


def applied(regulariser: Regulariser, given: Tensor) -> Tensor:
    return regulariser.loss(cross_entropy(given, LABELS), given, LABELS, never)


def smoothed(model: EmbeddingClassifier) -> Tensor:
    return cross_entropy(model(TRAIN.tokens), TRAIN.labels, label_smoothing=0.2)


def entropy(model: EmbeddingClassifier) -> Tensor:
    return Categorical(logits=model(TRAIN.tokens)).entropy().mean()


@pytest.mark.parametrize(
    ("regularisers", "formula"),
    [
        ([LabelSmoothing(amount=0.2)], smoothed),
        ([ConfidencePenalty(strength=0.7)], lambda model: plain_loss(model) - 0.7 * entropy(model)),
        (
            [ConfidencePenalty(strength=0.7), LabelSmoothing(amount=0.2)],
            lambda model: smoothed(model) - 0.7 * entropy(model),
        ),
        ([Flooding(level=50.0)], lambda model: (plain_loss(model) - 50).abs() + 50),
        ([LabelSmoothing(amount=0.2), RDrop(alpha=3.0)], smoothed),  # without noise two passes are one
    ],
    ids=["label_smoothing", "confidence_penalty", "both", "flooding", "r_drop"],
)
def test_loss_and_gradients_in_training_are_those_of_the_formula(regularisers, formula) -> None:
    training = Training(*regularisers)
    loss = training.gradient()
    model = classifier()
    torch.testing.assert_close(loss, formula(model))
    for own, expected in zip(gradients(training.model), plain_gradients(model, formula), strict=True):
        torch.testing.assert_close(own, expected)


@pytest.mark.parametrize("amount", [0.0, 0.05, 0.9])
def test_label_smoothing_is_torch_s(amount: float) -> None:
    given = logits()
    expected = cross_entropy(given, LABELS, label_smoothing=amount)
    torch.testing.assert_close(applied(LabelSmoothing(amount=amount), given), expected)


@pytest.mark.parametrize("regulariser", [LabelSmoothing(), ConfidencePenalty(strength=2.0), Flooding(level=0.4)])
def test_gradients_agree_with_finite_differences(regulariser: Regulariser) -> None:
    assert gradcheck(lambda given: applied(regulariser, given), logits())


def test_the_confidence_penalty_rewards_even_distributions() -> None:
    given = torch.zeros(5, 3, dtype=torch.float64)
    assert float(applied(ConfidencePenalty(strength=2.0), given)) == pytest.approx(-float(torch.tensor(3.0).log()))
    sure = torch.tensor([[800.0, -800.0, 0.0]], dtype=torch.float64)  # p·log p of a p that is 0 is 0
    assert float(ConfidencePenalty().loss(torch.tensor(1.0), sure, LABELS[:1], never)) == 1.0


def test_flooding_turns_the_gradient_round_below_its_level_alone() -> None:
    model = classifier()
    loss, plain = plain_loss(model).item(), plain_gradients(model, plain_loss)
    for level, sign in ((loss / 2, 1.0), (loss * 2, -1.0)):
        training = Training(Flooding(level=level))
        assert training.gradient().item() == pytest.approx(abs(loss - level) + level)
        assert same_bits(gradients(training.model), [sign * each for each in plain])


def test_r_drop_is_the_mean_of_two_losses_and_the_symmetric_divergence() -> None:
    first, second = logits(1), logits(2)
    losses = [cross_entropy(each, LABELS) for each in (first, second)]
    found = RDrop(alpha=3.0).loss(losses[0], first, LABELS, lambda: (second, losses[1]))
    p, q = (log_softmax(each, 1) for each in (first, second))
    divergences = [kl_div(one, other, reduction="batchmean", log_target=True) for one, other in ((q, p), (p, q))]
    expected = sum(losses) / 2 + 3.0 * sum(divergences) / 2
    torch.testing.assert_close(found, expected)
    for each in (first, second):  # both passes learn
        (own,), (theirs,) = (torch.autograd.grad(loss, each, retain_graph=True) for loss in (found, expected))
        torch.testing.assert_close(own, theirs)


def test_r_drop_agrees_with_finite_differences() -> None:
    def loss(first: Tensor, second: Tensor) -> Tensor:
        again = cross_entropy(second, LABELS)
        return RDrop(alpha=2.0).loss(cross_entropy(first, LABELS), first, LABELS, lambda: (second, again))

    assert gradcheck(loss, (logits(1), logits(2)))


def test_r_drop_makes_one_more_pass_a_step_with_other_noise() -> None:
    noisy, both = Training(GaussianDropout()), Training(GaussianDropout(), RDrop(alpha=0.0))
    for training in (noisy, both):
        training.step()
    assert (noisy.passes, both.passes) == (1, 2)
    assert not same_bits(weights(noisy.model), weights(both.model))

"""l2, l1 and decay against their formulas."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from harness import EmbeddingClassifier
from harness_plugins.regularisers.decay import Decay
from harness_plugins.regularisers.l1 import L1
from harness_plugins.regularisers.l2 import L2

from support.regularising import Training, classifier, gradients, named, plain_gradients, plain_loss, same_bits, weights

BIASES = ("hidden.bias", "output.bias")


@pytest.mark.parametrize("biases", [False, True])
def test_l2_is_the_gradient_of_its_penalty(biases: bool) -> None:
    def penalised(model: EmbeddingClassifier) -> Tensor:
        pulled = [each for name, each in model.named_parameters() if biases or name not in BIASES]
        return plain_loss(model) + 0.3 / 2 * sum(each.square().sum() for each in pulled)

    training = Training(L2(strength=0.3, biases=biases))
    training.gradient()
    for own, expected in zip(gradients(training.model), plain_gradients(classifier(), penalised), strict=True):
        torch.testing.assert_close(own, expected)


def test_l2_reports_the_loss_and_with_biases_is_torch_s_weight_decay() -> None:
    training, model = Training(L2(strength=0.3, biases=True)), classifier()
    decaying = Training(model=model, optimiser=torch.optim.SGD(model.parameters(), lr=0.1, weight_decay=0.3))
    for _ in range(5):
        training.step()
        decaying.step()
    assert same_bits(weights(training.model), weights(model))
    assert training.losses == decaying.losses


def two_groups(model: EmbeddingClassifier, first: float, others: float) -> torch.optim.Optimizer:
    rest = [each for name, each in model.named_parameters() if name != "embedding.weight"]
    return torch.optim.SGD([{"params": [model.embedding.weight], "lr": first}, {"params": rest, "lr": others}])


def shrunk(moved: Tensor, by: float) -> Tensor:
    return moved.sign() * (moved.abs() - by).clamp(min=0)


def decayed(moved: Tensor, by: float) -> Tensor:
    return (1 - by) * moved


@pytest.mark.parametrize("biases", [False, True])
@pytest.mark.parametrize(("build", "pulled"), [(L1, shrunk), (Decay, decayed)])
def test_l1_and_decay_pull_each_weight_by_its_own_group_s_lr(build, pulled, biases: bool) -> None:
    model = classifier()
    training = Training(build(strength=0.7, biases=biases), model=model, optimiser=two_groups(model, 0.5, 0.2))
    before = named(model)
    training.step()
    for name, own in named(model).items():
        lr = 0.5 if name == "embedding.weight" else 0.2
        moved = before[name] - lr * model.get_parameter(name).grad
        torch.testing.assert_close(own, pulled(moved, lr * 0.7) if biases or name not in BIASES else moved)


def test_l1_makes_exact_zeros_and_keeps_them_where_nothing_pulls() -> None:
    training = Training(L1(strength=0.1))
    untouched = training.model.embedding.weight[5]  # no example has it
    for _ in range(1 + int(untouched.abs().max() / 0.01)):
        training.step()
    assert (untouched == 0).all()
    assert not (training.model.embedding.weight[2] == 0).all()


@pytest.mark.parametrize(("embedding", "decayed"), [("all", range(9)), ("touched", (0, 2, 3, 4, 7, 8)), ("none", ())])
def test_decay_of_the_embedding_s_rows(embedding: str, decayed: tuple[int, ...]) -> None:
    plain, training = Training(), Training(Decay(strength=0.5, embedding=embedding))
    plain.step()
    training.step()
    expected = plain.model.embedding.weight.detach().clone()
    expected[list(decayed)] *= 1 - 0.1 * 0.5
    assert torch.equal(training.model.embedding.weight, expected)
    assert torch.equal(training.model.hidden.weight, plain.model.hidden.weight * (1 - 0.1 * 0.5))


def test_decay_carries_nothing_past_zero() -> None:
    training = Training(Decay(strength=15.0))
    training.step()
    assert not training.model.hidden.weight.any()


def test_decay_after_adam_differs_from_adamw_by_the_order_alone() -> None:
    model = classifier()
    training = Training(
        Decay(strength=0.5, biases=True), optimiser=torch.optim.Adam(model.parameters(), 1e-3), model=model
    )
    adamw = classifier()
    other = Training(model=adamw, optimiser=torch.optim.AdamW(adamw.parameters(), 1e-3, weight_decay=0.5))
    for _ in range(20):
        training.step()
        other.step()
    for own, theirs, start in zip(weights(model), weights(adamw), weights(classifier()), strict=True):
        torch.testing.assert_close(own, theirs, rtol=0, atol=2e-5)
        assert (own - start).abs().max() > 1e-2


def test_a_lr_that_is_a_tensor_will_do() -> None:
    for regulariser in (L1(strength=0.3), Decay(strength=0.3)):
        found = []
        for lr in (0.1, torch.tensor(0.1, dtype=torch.float64)):
            model = classifier()
            training = Training(regulariser, model=model, optimiser=torch.optim.SGD(model.parameters(), lr=lr))
            training.step()
            found.append(weights(model))
        for one, other in zip(*found, strict=True):
            torch.testing.assert_close(one, other)

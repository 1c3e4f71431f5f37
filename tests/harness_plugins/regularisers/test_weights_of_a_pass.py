"""Weights that are others for the length of a pass: DropConnect, row dropout and mixout."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from harness import Regulariser
from harness_plugins.regularisers.dropconnect import DropConnect
from harness_plugins.regularisers.mixout import Mixout
from harness_plugins.regularisers.row_dropout import RowDropout

from support.regularising import TRAIN, Training, gradients, named, same_bits, weights

MASKED = {
    DropConnect: ["hidden.weight"],
    RowDropout: ["embedding.weight"],
    Mixout: ["embedding.weight", "hidden.weight", "output.weight"],
}


both = pytest.mark.parametrize("build", list(MASKED))


class Watched(Training):
    """Keeps the weights that a pass sees."""

    def forward(self, before: int) -> tuple[Tensor, Tensor]:
        self.seen = named(self.model)
        return super().forward(before)


def moved(regulariser: Regulariser) -> Watched:
    """With weights that all differ from their start."""
    training = Watched(regulariser)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for each in training.model.parameters():
            each += 0.1 * torch.randn(each.shape, dtype=torch.float64, generator=generator)
    return training


def masks(training: Watched, rate: float, start: dict[str, Tensor]) -> dict[str, Tensor]:
    """Which weights were kept in the last pass, times 1/(1 − rate); all other weights were seen as they are."""
    found = {}
    for name, own in named(training.model).items():
        if name in MASKED[type(training.regularisers[0])]:
            origin = start[name]
            kept = training.seen[name] != origin
            torch.testing.assert_close(training.seen[name], origin + (own - origin) * kept / (1 - rate))
            found[name] = kept / (1 - rate)
        else:
            assert torch.equal(training.seen[name], own)
    return found


def origins(build: type[Regulariser]) -> dict[str, Tensor]:
    start = named(Training().model)
    return start if build is Mixout else {name: torch.zeros_like(each) for name, each in start.items()}


@both
def test_gradients_are_those_of_the_masked_loss(build: type[Regulariser]) -> None:
    rate, start = 0.4, origins(build)
    training = moved(build(rate=rate))
    loss = training.gradient()
    kept = masks(training, rate, start)
    own = {name: each.requires_grad_() for name, each in named(training.model).items()}
    seen = {name: start[name] + (own[name] - start[name]) * kept[name] if name in kept else own[name] for name in own}
    expected = cross_entropy(functional_call(training.model, seen, TRAIN.tokens), TRAIN.labels)
    torch.testing.assert_close(loss, expected)
    for found, wanted in zip(gradients(training.model), torch.autograd.grad(expected, list(own.values())), strict=True):
        torch.testing.assert_close(found, wanted)


@both
def test_what_is_dropped_is_some_of_each_weight_and_new_at_every_step(build: type[Regulariser]) -> None:
    training = moved(build(rate=0.4))
    seen = []
    for _ in range(2):
        training.gradient()
        seen.append(masks(training, 0.4, origins(build)))
        training.number += 1
    for name in MASKED[build]:
        assert 0 < seen[0][name].count_nonzero() < seen[0][name].numel()
        assert not torch.equal(seen[0][name], seen[1][name])
    if build is RowDropout:
        assert all(len(row.unique()) == 1 for row in seen[0]["embedding.weight"])


@both
def test_the_mean_over_masks_is_the_weight(build: type[Regulariser]) -> None:
    rate, draws = 0.4, 1000
    training = moved(build(rate=rate))
    regulariser, start = training.regularisers[0], origins(build)
    regulariser.generator.manual_seed(1)
    totals = {name: torch.zeros_like(each) for name, each in start.items()}

    def compute() -> Tensor:
        for name, each in training.model.named_parameters():
            totals[name] += each.detach()
        return torch.tensor(0.0)

    for _ in range(draws):
        regulariser.gradient(compute, training.where())
    for name in MASKED[build]:
        own = training.model.get_parameter(name).detach()
        error = (own - start[name]).abs() * (rate / (1 - rate) / draws) ** 0.5
        assert ((totals[name] / draws - own).abs() <= 5 * error).all()


@both
def test_the_same_bits_are_put_back_whatever_happens(build: type[Regulariser]) -> None:
    training = moved(build(rate=0.4))
    before = weights(training.model)

    def failing() -> Tensor:
        assert not same_bits(weights(training.model), before)
        raise RuntimeError("gone")

    training.gradient()
    assert same_bits(weights(training.model), before)
    with pytest.raises(RuntimeError, match="gone"):
        training.gradient(failing)
    assert same_bits(weights(training.model), before)


@both
def test_rate_0_is_the_plain_step_to_the_bit(build: type[Regulariser]) -> None:
    plain, none = Training(), Training(build(rate=0.0))
    for training in (plain, none):
        for _ in range(3):
            training.step()
    assert same_bits(weights(none.model), weights(plain.model))


def test_mixout_shows_the_start_itself_where_it_drops() -> None:
    training, start = moved(Mixout(rate=0.9)), named(Training().model)
    training.gradient()
    share = (training.seen["hidden.weight"] == start["hidden.weight"]).double().mean()
    assert 0.7 < share < 1

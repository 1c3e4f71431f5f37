"""ema and swa against sums over the steps, and the bits that evaluation must not touch."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from harness_plugins.regularisers._average import AverageOfWeights
from harness_plugins.regularisers.ema import EMA
from harness_plugins.regularisers.swa import SWA

from support.regularising import Training, classifier, same_bits, weights


def followed(average: AverageOfWeights, steps: int = 10) -> tuple[Training, list[list[Tensor]]]:
    """After some of ten steps; and the weights after each."""
    training = Training(average, steps=10)
    points = []
    for _ in range(steps):
        training.step()
        points.append(weights(training.model))
    return training, points


def weighted(points: list[list[Tensor]], shares: list[float]) -> list[Tensor]:
    return [
        sum(share * each for share, each in zip(shares, values, strict=True)) / sum(shares)
        for values in zip(*points, strict=True)
    ]


@pytest.mark.parametrize("steps", [1, 2, 10])
@pytest.mark.parametrize("decay", [0.3, 0.99])
def test_ema_is_the_weighted_mean_of_the_points_without_the_start(decay: float, steps: int) -> None:
    training, points = followed(EMA(decay=decay), steps)
    training.regularisers[0].eval()
    expected = weighted(points, [decay ** (steps - 1 - each) for each in range(steps)])
    for own, wanted in zip(weights(training.model), expected, strict=True):
        torch.testing.assert_close(own, wanted)


def test_ema_without_decay_is_the_last_point_to_the_bit() -> None:
    training, points = followed(EMA(decay=0.0))
    training.regularisers[0].eval()
    assert same_bits(weights(training.model), points[-1])


@pytest.mark.parametrize(("start", "first"), [(0.0, 0), (0.65, 7), (0.7, 7), (0.9, 9)])
def test_swa_is_the_mean_of_the_points_from_its_share_of_the_steps_on(start: float, first: int) -> None:
    training, points = followed(SWA(start=start))
    training.regularisers[0].eval()
    for own, wanted in zip(weights(training.model), weighted(points[first:], [1.0] * (10 - first)), strict=True):
        torch.testing.assert_close(own, wanted)


def test_swa_evaluates_the_weights_themselves_before_it_starts() -> None:
    training, points = followed(SWA(start=0.75), 5)
    training.regularisers[0].eval()
    assert same_bits(weights(training.model), points[-1])
    training.regularisers[0].train()
    assert same_bits(weights(training.model), points[-1])


builds = pytest.mark.parametrize("build", [lambda: EMA(decay=0.9), lambda: SWA(start=0.2)], ids=["ema", "swa"])


@builds
def test_evaluation_gives_the_bits_back_and_may_be_repeated(build: Callable[[], AverageOfWeights]) -> None:
    training, points = followed(build())
    average = training.regularisers[0]
    average.train()
    assert same_bits(weights(training.model), points[-1])
    average.eval()
    evaluated = weights(training.model)
    assert not same_bits(evaluated, points[-1])
    average.eval()
    assert same_bits(weights(training.model), evaluated)
    for _ in range(2):
        average.train()
        assert same_bits(weights(training.model), points[-1])
    average.eval()
    assert same_bits(weights(training.model), evaluated)


@builds
def test_evaluations_change_neither_training_nor_the_average(build: Callable[[], AverageOfWeights]) -> None:
    plain, undisturbed = followed(build())
    training, points = Training(build(), steps=10), []
    for _ in range(10):
        training.step()
        points.append(weights(training.model))
        training.regularisers[0].eval()
        training.regularisers[0].train()
    assert all(same_bits(one, other) for one, other in zip(points, undisturbed, strict=True))
    for each in (plain, training):
        each.regularisers[0].eval()
    assert same_bits(weights(plain.model), weights(training.model))


@builds
def test_before_the_first_step_there_is_nothing_to_swap(build: Callable[[], AverageOfWeights]) -> None:
    training = Training(build())
    training.regularisers[0].eval()
    assert same_bits(weights(training.model), weights(classifier()))
    training.regularisers[0].train()
    assert same_bits(weights(training.model), weights(classifier()))


def test_two_averages_give_the_bits_back_in_reverse_order() -> None:
    training = Training(EMA(decay=0.9), SWA(start=0.0), steps=10)
    for _ in range(5):
        training.step()
    before = weights(training.model)
    for each in training.regularisers:
        each.eval()
    for each in reversed(training.regularisers):
        each.train()
    assert same_bits(weights(training.model), before)

"""Noise on what flows forward: input, feature and Gaussian dropout."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from harness import Regulariser
from harness_plugins.regularisers.feature_dropout import FeatureDropout
from harness_plugins.regularisers.gaussian_dropout import GaussianDropout
from harness_plugins.regularisers.input_dropout import InputDropout

from support.regularising import Training, gradients, same_bits

DRAWS = 1500


EMBEDDED = torch.linspace(-2, 2, 4 * 3 * 5, dtype=torch.float64).view(4, 3, 5)


HIDDEN = torch.linspace(0, 2, 4 * 6, dtype=torch.float64).view(4, 6)


def seeded(regulariser: Regulariser, seed: int = 0) -> Regulariser:
    regulariser.generator = torch.Generator().manual_seed(seed)
    return regulariser


@pytest.mark.parametrize(
    ("regulariser", "given"),
    [(InputDropout(rate=0.3), EMBEDDED), (FeatureDropout(rate=0.3), EMBEDDED), (GaussianDropout(rate=0.3), HIDDEN)],
)
def test_mean_and_variance_over_the_noise_are_those_of_inverted_dropout(
    regulariser: Regulariser, given: Tensor
) -> None:
    regulariser, before = seeded(regulariser), given.clone()
    method = regulariser.hidden if given is HIDDEN else regulariser.embedded
    found = torch.stack([method(given) for _ in range(DRAWS)])
    assert torch.equal(given, before)
    variance = 0.3 / 0.7 * given.square()
    assert ((found.mean(0) - given).abs() <= 5 * (variance / DRAWS).sqrt()).all()
    torch.testing.assert_close(found.var(0), variance, rtol=0.25, atol=1e-12)


def test_input_dropout_drops_value_by_value() -> None:
    found = seeded(InputDropout(rate=0.3)).embedded(torch.ones_like(EMBEDDED))
    assert found.unique().tolist() == pytest.approx([0.0, 1 / 0.7])
    assert any(len(vector.unique()) == 2 for vector in found.view(-1, 5))


def test_feature_dropout_drops_vector_by_vector() -> None:
    found = seeded(FeatureDropout(rate=0.3)).embedded(torch.ones_like(EMBEDDED))
    assert all(len(vector.unique()) == 1 for vector in found.view(-1, 5))
    assert found.unique().tolist() == pytest.approx([0.0, 1 / 0.7])
    assert any(len(example.unique()) == 2 for example in found)


@pytest.mark.parametrize("build", [InputDropout, FeatureDropout, GaussianDropout])
def test_rate_0_is_the_plain_step_and_any_other_reaches_the_gradients(build: type[Regulariser]) -> None:
    plain, none, some = Training(), Training(build(rate=0.0)), Training(build(rate=0.5))
    for training in (plain, none, some):
        training.gradient()
    assert same_bits(gradients(none.model), gradients(plain.model))
    assert not same_bits(gradients(some.model), gradients(plain.model))


def test_masks_of_two_rates_are_nested() -> None:
    little, much = (seeded(InputDropout(rate=rate)).embedded(EMBEDDED) == 0 for rate in (0.2, 0.6))
    assert (little <= much).all()
    assert little.sum() < much.sum()

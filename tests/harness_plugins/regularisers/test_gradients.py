"""clip_norm, clip_value, gradient_noise and sam against torch, formulas and a ten-line reference."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_, clip_grad_value_

from harness import Regulariser, Step
from harness_plugins.regularisers.clip_norm import ClipNorm
from harness_plugins.regularisers.clip_value import ClipValue
from harness_plugins.regularisers.gaussian_dropout import GaussianDropout
from harness_plugins.regularisers.gradient_noise import GradientNoise
from harness_plugins.regularisers.sam import SAM

from support.regularising import Training, gradients, same_bits, weights

A = torch.tensor([[3.0, 1.0, 0.0], [1.0, 2.0, -0.5], [0.0, -0.5, 1.0]], dtype=torch.float64)
START = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)


def where(number: int = 0) -> Step:
    return Step(tokens=torch.zeros(1, 1), labels=torch.zeros(1), number=number, progress=0.0)


class Quadratic(nn.Module):
    """Loss wᵀAw/2, gradient Aw."""

    def __init__(self, start: Tensor = START) -> None:
        super().__init__()
        self.w = nn.Parameter(start.clone())
        self.seen: list[Tensor] = []

    def compute(self) -> Tensor:
        self.seen.append(self.w.detach().clone())
        self.w.grad = None
        loss = self.w @ A @ self.w / 2
        loss.backward()
        return loss


def on(regulariser: Regulariser, model: nn.Module) -> Regulariser:
    regulariser.model, regulariser.generator = model, torch.Generator().manual_seed(3)
    return regulariser


@pytest.mark.parametrize(
    ("regulariser", "clip", "limits"),
    [(ClipNorm, clip_grad_norm_, (0.01, 0.3, 100.0)), (ClipValue, clip_grad_value_, (1e-3, 0.05, 100.0))],
)
def test_clipping_is_torch_s(regulariser, clip, limits) -> None:
    plain = Training()
    loss, unclipped = plain.gradient(), gradients(plain.model)
    for limit in limits:
        theirs = copy.deepcopy(plain.model)
        for each, gradient in zip(theirs.parameters(), unclipped, strict=True):
            each.grad = gradient.clone()
        clip(theirs.parameters(), limit)
        training = Training(regulariser(limit=limit))
        assert torch.equal(training.gradient(), loss)
        assert same_bits(gradients(training.model), gradients(theirs))
        assert same_bits(gradients(training.model), unclipped) == (limit == 100.0)


def test_gradient_noise_has_the_variance_that_falls_with_the_steps() -> None:
    model = nn.Linear(300, 300)

    def noise(number: int, eta: float) -> Tensor:
        def compute() -> Tensor:
            model.weight.grad, model.bias.grad = torch.ones_like(model.weight), torch.ones_like(model.bias)
            return torch.tensor(7.0)

        assert on(GradientNoise(eta=eta), model).gradient(compute, where(number)) == 7.0
        return torch.cat([each.grad.flatten() for each in model.parameters()]) - 1

    first = noise(0, 0.04)
    assert float(first.mean()) == pytest.approx(0.0, abs=5 * 0.2 / 300)
    assert float(first.var()) == pytest.approx(0.04, rel=0.03)
    for number in (1, 500):
        torch.testing.assert_close(noise(number, 0.04), first / (1 + number) ** 0.275, rtol=1e-3, atol=1e-6)
    assert not noise(0, 0.0).any()


def test_gradient_noise_draws_anew_at_every_step_and_for_every_parameter() -> None:
    training, plain = Training(GradientNoise(eta=0.01)), Training()
    found = []
    for _ in range(2):
        training.gradient()
        plain.gradient()
        found.append([a - b for a, b in zip(gradients(training.model), gradients(plain.model), strict=True)])
        training.number += 1
    assert all(each.ne(0).all() for each in found[0])
    assert found[0][2][0] != found[0][4][0]
    assert not torch.allclose(found[0][0], found[1][0])


def reference_sam(w: Tensor, rho: float, lr: float, steps: int) -> Tensor:
    for _ in range(steps):
        g = A @ w
        w = w - lr * A @ (w + rho * g / g.norm())
    return w


@pytest.mark.parametrize("rho", [0.05, 0.7])
def test_sam_on_a_quadratic(rho: float) -> None:
    model = Quadratic()
    sam, optimiser = on(SAM(rho=rho), model), torch.optim.SGD(model.parameters(), lr=0.1)
    for step in range(6):
        before = model.w.detach().clone()
        loss = sam.gradient(model.compute, where())
        assert loss.item() == pytest.approx(float(before @ A @ before / 2), rel=1e-12)
        assert torch.equal(model.w, before)
        assert len(model.seen) == 2 * (step + 1)
        assert float((model.seen[-1] - before).norm()) == pytest.approx(rho, rel=1e-9)
        optimiser.step()
    torch.testing.assert_close(model.w.detach(), reference_sam(START, rho, 0.1, 6))


def test_sam_stays_finite_at_a_point_without_a_gradient() -> None:
    model = Quadratic(torch.zeros(3, dtype=torch.float64))
    on(SAM(rho=0.5), model).gradient(model.compute, where())
    assert not model.w.any()
    assert not model.w.grad.any()


def test_sam_puts_the_weights_back_when_the_second_pass_fails() -> None:
    model = Quadratic()

    def compute() -> Tensor:
        if model.seen:
            raise RuntimeError("gone")
        return model.compute()

    with pytest.raises(RuntimeError, match="gone"):
        on(SAM(rho=0.5), model).gradient(compute, where())
    assert torch.equal(model.w, START)


def test_sam_meets_the_same_noise_in_both_passes_of_the_whole_model() -> None:
    flat, plain = Training(GaussianDropout(), SAM(rho=0.0)), Training(GaussianDropout())
    for training in (flat, plain):
        for _ in range(3):
            training.step()
    assert (flat.passes, plain.passes) == (6, 3)
    assert same_bits(weights(flat.model), weights(plain.model))
    assert flat.losses == plain.losses

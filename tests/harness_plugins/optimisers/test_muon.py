"""Muon: what it is for, what AdamW does beside it, and its Newton–Schulz steps."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

import harness
import harness_plugins.optimisers
from harness.training.isolation import one_thread

from support.optimising import STEPS, classifier, loss_of
from support.registered import registered

optimisers = registered(harness_plugins.optimisers)


def gradient(shape: tuple[int, int], step: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(step), dtype=torch.float64)


def newton_schulz(matrix: Tensor) -> Tensor:
    """The quintic steps, in float64, on the singular values."""
    u, s, v = torch.linalg.svd(matrix / matrix.norm(), full_matrices=False)
    for _ in range(5):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    return u @ s.diag() @ v


def plain_muon(p: Tensor, lr: float, momentum: float, nesterov: bool, weight_decay: float) -> Iterator[Tensor]:
    m = torch.zeros_like(p)
    for step in range(STEPS):
        g = gradient(p.shape, step)
        m = momentum * m + (1 - momentum) * g
        update = newton_schulz(momentum * m + (1 - momentum) * g if nesterov else m)
        p = (1 - lr * weight_decay) * p - lr * max(1.0, p.shape[0] / p.shape[1]) ** 0.5 * update
        yield p


class Hidden(nn.Module):
    """A model whose hidden weight is the one that is followed."""

    def __init__(self, start: Tensor) -> None:
        super().__init__()
        self.hidden = nn.Linear(*start.shape[::-1])
        self.hidden.weight = nn.Parameter(start.clone())


def followed(start: Tensor, **values: object) -> Iterator[Tensor]:
    model = Hidden(start)
    optimiser = optimisers.muon(model, **values)
    for step in range(STEPS):
        model.hidden.weight.grad = gradient(start.shape, step).to(start.dtype)
        with one_thread():
            optimiser.step()
        yield model.hidden.weight.detach().clone()


@pytest.mark.parametrize("shape", [(3, 5), (5, 3)], ids=["wide", "high"])
@pytest.mark.parametrize("nesterov", [False, True])
def test_each_of_twelve_steps_is_that_of_the_plain_rule(shape: tuple[int, int], nesterov: bool) -> None:
    values = {"lr": 0.5, "momentum": 0.8, "nesterov": nesterov, "weight_decay": 0.3}
    start = torch.linspace(-1.0, 1.0, 15, dtype=torch.float64).reshape(shape)
    found, expected, other = (
        torch.stack([start, *points]).diff(dim=0) / 0.5
        for points in (
            followed(start, **values),
            plain_muon(start, **values),
            plain_muon(start, **{**values, "nesterov": not nesterov}),
        )
    )
    torch.testing.assert_close(found, expected, rtol=0.0, atol=1e-9)
    assert (found - other).square().mean().sqrt() > 0.1


@pytest.mark.parametrize("nesterov", [False, True])
def test_a_step_is_torch_s_to_the_digits_of_bfloat16(nesterov: bool) -> None:
    start = torch.linspace(-1.0, 1.0, 60).reshape(6, 10)
    theirs = nn.Parameter(start.clone())
    values = {"lr": 0.5, "momentum": 0.8, "nesterov": nesterov, "weight_decay": 0.3}
    optimiser, found = torch.optim.Muon([theirs], **values), followed(start, **values)
    for step in range(3):
        theirs.grad = gradient((6, 10), step).float()
        before = theirs.detach().clone()
        with one_thread():
            optimiser.step()
        after = next(found)
        torch.testing.assert_close(after, theirs.detach(), rtol=0.0, atol=0.05 * (step + 1))
        assert (after - before).abs().max() > 0.1


def test_a_step_is_nearly_orthogonal_and_its_length_is_lr_whatever_the_gradient() -> None:
    model = classifier(torch.float32)
    for scale in (1.0, 1e-3):
        optimiser = optimisers.muon(model, lr=0.5)
        before = model.hidden.weight.detach().clone()
        optimiser.zero_grad()
        (scale * loss_of(model, 0)).backward()
        optimiser.step()
        values = torch.linalg.svdvals((before - model.hidden.weight.detach()) / 0.5)
        assert values.min() > 0.6
        assert values.max() < 1.3


def test_only_the_hidden_matrix_meets_muon() -> None:
    model = classifier()
    optimiser = optimisers.muon(model, lr=0.03, rest_lr=0.004, beta1=0.8, beta2=0.98, eps=1e-6, weight_decay=0.2)
    assert isinstance(optimiser, harness.Together)
    spectral, rest = optimiser.parts
    assert type(spectral).__name__ == "Muon"
    assert type(rest) is torch.optim.AdamW
    (first,), (second,) = spectral.param_groups, rest.param_groups
    assert [id(each) for each in first["params"]] == [id(model.hidden.weight)]
    others = [model.embedding.weight, model.hidden.bias, model.output.weight, model.output.bias]
    assert list(map(id, second["params"])) == list(map(id, others))
    assert (first["lr"], first["weight_decay"]) == (0.03, 0.2)
    assert (second["lr"], second["betas"], second["eps"], second["weight_decay"]) == (0.004, (0.8, 0.98), 1e-6, 0.2)


def test_everything_else_moves_as_under_adamw() -> None:
    moved = {}
    for build in (optimisers.muon, optimisers.adamw):
        model = classifier()
        loss_of(model, 0).backward()
        build(model, **({"rest_lr": 0.01} if build is optimisers.muon else {"lr": 0.01}), weight_decay=0.1).step()
        moved[build] = dict(model.named_parameters())
    for name, parameter in moved[optimisers.adamw].items():
        same = torch.equal(parameter, moved[optimisers.muon][name])
        assert same == (name != "hidden.weight")

"""Muon for the hidden matrix, AdamW for everything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

import harness
from harness_plugins.checks import below_one, not_negative, positive
from harness_plugins.optimisers._hyperparameters import DECOUPLED


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    register(
        "muon",
        muon,
        space={
            "lr": harness.log(1e-3, 1e-1),
            "rest_lr": harness.log(1e-4, 1e-2),
            "momentum": harness.one_minus_log(0.5, 0.99),
        },
        traits=harness.Traits(
            natural_limits={"momentum": (0.0,), "weight_decay": (1e-3,)},
            meanings={"lr": "spectral norm of a step", "momentum": "a mean, not a sum", "weight_decay": DECOUPLED},
        ),
    )


def muon(
    model: harness.EmbeddingClassifier,
    *,
    lr: float = 0.02,
    momentum: float = 0.95,
    nesterov: bool = True,
    weight_decay: float = 0.0,
    rest_lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> Optimizer:
    """Muon, p ← p − lr·UVᵀ with USVᵀ the mean of g of the hidden matrix, AdamW for all else: Jordan et al. 2024.

    UVᵀ is what five Newton–Schulz steps make of it, with singular values of 0.7 to 1.2, in bfloat16 on a GPU, else in
    the matrix's own precision. ``lr``, times
    √(n_out/n_in) where the matrix is higher than wide, is thus the spectral norm of a step. ``nesterov`` takes
    (1 − momentum)·g + momentum·mean for the mean. Embedding, output weight and biases have ``rest_lr``, ``beta1``,
    ``beta2`` and ``eps``; ``weight_decay`` is decoupled in both.
    Not for small batches of a large matrix: a step costs fifteen products of it, whatever the batch.
    """
    not_negative(lr=lr, rest_lr=rest_lr, weight_decay=weight_decay)
    below_one(momentum=momentum, beta1=beta1, beta2=beta2)
    positive(eps=eps)
    matrix = model.hidden.weight
    rest = [parameter for parameter in model.parameters() if parameter is not matrix]
    return harness.Together(
        Muon([matrix], lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay),
        torch.optim.AdamW(rest, lr=rest_lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay),
    )


class Muon(Optimizer):
    """torch.optim.Muon's rule for matrices, with Newton–Schulz steps in a precision that the device is fast in.

    torch's takes them in bfloat16 everywhere, which costs a processor without instructions for it thirteen times the
    time of float32.
    """

    def __init__(self, params: Any, *, lr: float, momentum: float, nesterov: bool, weight_decay: float) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "nesterov": nesterov, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every matrix that has a gradient."""
        for group in self.param_groups:
            for matrix in group["params"]:
                if matrix.grad is None:
                    continue
                state = self.state[matrix]
                if "mean" not in state:
                    state["mean"] = torch.zeros_like(matrix.grad)
                mean = state["mean"].lerp_(matrix.grad, 1 - group["momentum"])
                update = matrix.grad.lerp(mean, group["momentum"]) if group["nesterov"] else mean
                high, wide = matrix.shape
                size = group["lr"] * max(1.0, high / wide) ** 0.5
                matrix.mul_(1 - group["lr"] * group["weight_decay"])
                matrix.sub_(size * orthogonal(update).to(matrix.dtype))


COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic, with the steepest slope at 0 that keeps singular values near 1 (Jordan et al. 2024)."""


def orthogonal(matrix: Tensor, steps: int = 5) -> Tensor:
    """Nearly UVᵀ of USVᵀ: the matrix over its norm, and so many Newton–Schulz steps towards singular values of 1."""
    a, b, c = COEFFICIENTS
    x = matrix if matrix.device.type == "cpu" else matrix.bfloat16()
    is_high = x.shape[0] > x.shape[1]
    x = x.T if is_high else x
    x = x / x.norm().clamp(min=1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if is_high else x

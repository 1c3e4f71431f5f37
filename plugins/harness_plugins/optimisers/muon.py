"""Muon for the hidden matrix, AdamW for everything else."""

from __future__ import annotations

import torch
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

    UVᵀ is what five Newton–Schulz steps in bfloat16 make of it, with singular values of 0.7 to 1.2. ``lr``, times
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
        torch.optim.Muon([matrix], lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay),
        torch.optim.AdamW(rest, lr=rest_lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay),
    )

"""Lazy Adam for the embedding, Adam for everything else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

import harness
from harness_plugins.checks import below_one, positive
from harness_plugins.optimisers._hyperparameters import ADAM_SPACE, ADAPTIVE, BETA_LIMITS, NO_EPS


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    register(
        "sparse_adam",
        sparse_adam,
        space=ADAM_SPACE,
        traits=harness.Traits(
            natural_limits=BETA_LIMITS | {"eps": (NO_EPS,)},
            meanings={"lr": ADAPTIVE["lr"], "eps": ADAPTIVE["eps"]}
            | dict.fromkeys(BETA_LIMITS, "per step in which a feature occurs"),
        ),
    )


def sparse_adam(
    model: harness.EmbeddingClassifier,
    *,
    lr: float = 1e-3,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> Optimizer:
    """Adam that leaves an embedding row and its m and v alone where it has no gradient: after Kingma & Ba 2015.

    A rare word's row then moves only when the word occurs: for one lone gradient by 3·lr at the default betas, where
    Adam goes on and drifts by 32·lr. The correction for bias counts all steps, not those of the row. Hidden and output
    layer are Adam's. Not for use with a penalty on the embedding, which gives every row a gradient.
    """
    positive(lr=lr, eps=eps)
    below_one(beta1=beta1, beta2=beta2)
    embedding = model.embedding.weight
    rest = [parameter for parameter in model.parameters() if parameter is not embedding]
    return harness.Together(
        RowAdam([embedding], lr=lr, betas=(beta1, beta2), eps=eps),
        torch.optim.Adam(rest, lr=lr, betas=(beta1, beta2), eps=eps),
    )


class RowAdam(torch.optim.SparseAdam):
    """torch's SparseAdam for matrices whose gradients are dense, with rows of zeros."""

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move the rows that have a gradient, and their m and v."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        with _sparse_gradients([matrix for group in self.param_groups for matrix in group["params"]]):
            super().step()  # type: ignore[no-untyped-call]
        return loss


@contextmanager
def _sparse_gradients(matrices: list[Tensor]) -> Iterator[None]:
    """In the body, gradients are sparse, without rows of zeros; afterwards the dense gradients are restored."""
    dense = [matrix.grad for matrix in matrices]
    try:
        for matrix, gradient in zip(matrices, dense, strict=True):
            if gradient is not None:
                rows = gradient.any(dim=1).nonzero().T
                matrix.grad = torch.sparse_coo_tensor(
                    rows, gradient[rows[0]], gradient.shape, is_coalesced=True, check_invariants=False
                )
        yield
    finally:
        for matrix, gradient in zip(matrices, dense, strict=True):
            matrix.grad = gradient

"""L-BFGS: line searches along directions that the last steps suggest."""

from __future__ import annotations

import torch
from torch import nn
from torch.optim import Optimizer

import harness
from harness_plugins.checks import positive
from harness_plugins.optimisers._hyperparameters import CONSTANT_LR_ONLY


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    register(
        "lbfgs",
        lbfgs,
        space={
            "max_iter": harness.integers(1, 20, log=True),
            "history_size": harness.integers(1, 50, log=True),
            "lr": harness.log(0.03, 1.0),
        },
        traits=harness.Traits(
            natural_limits={"lr": (1.0,), "max_iter": (1.0,), "history_size": (1.0,)},
            meanings={"lr": "where a line search begins"},
            only_with=CONSTANT_LR_ONLY,
        ),
    )


def lbfgs(model: nn.Module, *, lr: float = 1.0, max_iter: int = 4, history_size: int = 10) -> Optimizer:
    """L-BFGS: line searches (strong Wolfe) along −Hg, H from the last steps and their changes of g: Liu & Nocedal 1989.

    ``max_iter``: line searches on each batch, with 3·max_iter + 1 passes at most. ``history_size``: how many steps H is
    made of. ``lr``: where a search begins, 1 being the step that H proposes. Not for small batches, nor with dropout: H
    takes what differs between two batches for curvature.
    """
    positive(lr=lr, max_iter=max_iter, history_size=history_size)
    return torch.optim.LBFGS(
        model.parameters(),
        lr=lr,
        max_iter=max_iter,
        max_eval=3 * max_iter,
        history_size=history_size,
        line_search_fn="strong_wolfe",
    )

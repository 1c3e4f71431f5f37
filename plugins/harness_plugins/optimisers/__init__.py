"""Update rules: torch.optim's with every hyperparameter that matters, Lion written out, Schedule-Free AdamW.

In docstrings g is the gradient and p a parameter. Where they do not say otherwise, ``lr``, ``eps`` and ``weight_decay``
are at least 0, ``weight_decay`` is L2 added to the gradient, and a momentum or β lies in [0, 1).
"""

from __future__ import annotations

import harness
from harness_plugins.optimisers import (
    adadelta,
    adafactor,
    adagrad,
    adam,
    adamax,
    asgd,
    lbfgs,
    lion,
    muon,
    nadam,
    pytorch_optimizer,
    radam,
    rmsprop,
    rprop,
    schedule_free,
    sgd,
    sparse_adam,
)

RULES = (
    *(sgd, asgd, rprop, lbfgs),
    *(adam, nadam, radam, adamax, sparse_adam),
    *(adagrad, rmsprop, adadelta, adafactor),
    *(lion, muon, schedule_free, pytorch_optimizer),
)


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    """Each rule by its own file, and the family ``pytorch_optimizer:NAME``."""
    for rule in RULES:
        rule.register_optimisers(register)

"""Update rules: torch.optim's with every hyperparameter that matters, Lion written out, Schedule-Free AdamW.

g: gradient, p: parameter. Where a docstring does not say otherwise ``weight_decay`` is L2 added to the gradient.
"""

from __future__ import annotations

import harness
from harness_plugins.optimisers.adams import adam, adamax, adamw, nadam, radam
from harness_plugins.optimisers.adaptive import adadelta, adafactor, adagrad, rmsprop
from harness_plugins.optimisers.asgd import asgd
from harness_plugins.optimisers.descent import lbfgs, rprop, sgd
from harness_plugins.optimisers.library import Library
from harness_plugins.optimisers.lion import lion
from harness_plugins.optimisers.muon import muon
from harness_plugins.optimisers.schedule_free import schedule_free
from harness_plugins.optimisers.spaces import SPACES
from harness_plugins.optimisers.sparse_adam import sparse_adam
from harness_plugins.optimisers.traits import TRAITS

RULES = (
    *(sgd, asgd, rprop, lbfgs),
    *(adam, adamw, nadam, radam, adamax, sparse_adam),
    *(adagrad, rmsprop, adadelta, adafactor),
    *(lion, muon, schedule_free),
)


@harness.hookimpl
def register_optimisers(register: harness.Register) -> None:
    """Each under its own name."""
    for rule in RULES:
        name = rule.__name__
        register(name, rule, space=SPACES[name], traits=TRAITS[name], default=rule is adam)
    register("pytorch_optimizer:*", Library())

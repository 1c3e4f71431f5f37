"""The built-in components: they come through the same door as everybody else's."""

from __future__ import annotations

from harness_plugins.dropouts import register_dropout_schedules
from harness_plugins.embeddings import register_embeddings
from harness_plugins.initialisers import register_initialisers
from harness_plugins.lr_schedules import register_lr_schedules
from harness_plugins.optimisers import register_optimisers
from harness_plugins.problems import register_problems
from harness_plugins.regularisers import register_regularisers

__all__ = [
    "register_dropout_schedules",
    "register_embeddings",
    "register_initialisers",
    "register_lr_schedules",
    "register_optimisers",
    "register_problems",
    "register_regularisers",
]

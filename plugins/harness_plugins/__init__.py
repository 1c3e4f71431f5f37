"""The built-in components: they come through the same door as everybody else's."""

from __future__ import annotations

from harness_plugins.dropouts import register_dropout_schedules
from harness_plugins.embeddings import register_embeddings
from harness_plugins.initialisers import register_initialisers
from harness_plugins.optimisers import register_optimisers
from harness_plugins.problems import register_problems

__all__ = [
    "register_dropout_schedules",
    "register_embeddings",
    "register_initialisers",
    "register_optimisers",
    "register_problems",
]

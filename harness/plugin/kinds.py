"""The kinds of component."""

from __future__ import annotations

from collections.abc import Mapping

SCHEDULES = ("lr_schedule", "dropout")


PROVIDED: Mapping[str, tuple[str, ...]] = {
    "problem": (),
    "embedding": ("weight", "vocabulary", "generator"),
    "initialiser": ("weight", "generator"),
    "optimiser": ("model",),
    "lr_schedule": ("progress",),
    "dropout": ("progress",),
    "regularisers": (),
}
"""What the harness gives a component of each kind; ``generator`` by name, the others by position."""


OFFERED: Mapping[str, tuple[str, ...]] = {"initialiser": ("inputs", "layer"), "dropout": ("generator",)}
"""What it gives by name to a component that has an argument of that name, and to no other."""


KINDS: Mapping[str, str] = {
    "problem": "register_problems",
    "embedding": "register_embeddings",
    "initialiser": "register_initialisers",
    "optimiser": "register_optimisers",
    "lr_schedule": "register_lr_schedules",
    "dropout": "register_dropout_schedules",
    "regularisers": "register_regularisers",
}
"""Kind of component → the hook that registers it."""


CHOICES = tuple(kind for kind in KINDS if kind != "problem")
"""What a study may swap."""


NOUNS: Mapping[str, str] = {
    "problem": "problem",
    "embedding": "embedding",
    "initialiser": "initialiser",
    "optimiser": "optimiser",
    "lr_schedule": "learning-rate schedule",
    "dropout": "dropout schedule",
    "regularisers": "regulariser",
}
"""Kind of component → what one is called."""

"""What the texts of made-up study files begin with, and the names that messages about them list."""

from __future__ import annotations

import pytest

from harness.plugin.registry import build_registry

from support.paths import TINY

HEAD = """\
question = "Which?"
problem  = "tiny"
metric   = "dev_accuracy"
"""
TOP = (
    "baseline, choices, compare, confirm, failed, metric, model, problem, question, search, seed, seed_namespace, "
    "select, smallest_difference, space, tier, training"
)
with pytest.MonkeyPatch.context() as patch:
    patch.delenv("HARNESS_PLUGINS", raising=False)
    REGISTRY = build_registry([TINY])
FAMILIES = [f"{name}:…" for name in REGISTRY.families("optimiser")]
OPTIMISERS = ", ".join(sorted([*REGISTRY.names("optimiser"), *FAMILIES]))
ADAM = "beta1, beta2, eps, lr, weight_decay"

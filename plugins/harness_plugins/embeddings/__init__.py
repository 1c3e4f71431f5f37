"""Starting values of the embedding, drawn in place; its weight is ``(vocabulary, embedding_dim)``.

In docstrings N(mean, variance) is a normal distribution and U(±limit) a uniform one. ``sd`` and ``limit`` are above 0.
"""

from __future__ import annotations

import harness
from harness_plugins.embeddings import glove, normal, pretrained, uniform

RULES = (normal, uniform, pretrained, glove)


@harness.hookimpl
def register_embeddings(register: harness.Register) -> None:
    """Drawn from a normal or a uniform distribution, or read from a file or a package."""
    for rule in RULES:
        rule.register_embeddings(register)

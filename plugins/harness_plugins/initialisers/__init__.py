"""Starting values of the hidden and output weights, drawn in place; a weight is ``(n_out, n_in)``.

In docstrings N(mean, variance) is a normal distribution and U(±limit) a uniform one. ``gain``, ``sd`` and ``limit`` are
above 0. Only where the scale is the whole of the rule is it searched unasked: a gain would blur which rule is which.
"""

from __future__ import annotations

import harness
from harness_plugins.initialisers import (
    kaiming,
    lecun,
    lsuv,
    mup,
    normal,
    orthogonal,
    sparse,
    torch_default,
    truncated_normal,
    uniform,
    xavier,
    zero_output,
    zeros,
)

RULES = (
    xavier,
    kaiming,
    lecun,
    torch_default,
    orthogonal,
    truncated_normal,
    uniform,
    normal,
    sparse,
    lsuv,
    zero_output,
    mup,
    zeros,
)


@harness.hookimpl
def register_initialisers(register: harness.Register) -> None:
    """Sixteen rules, each by its own file or its kin's; zeros is the negative control."""
    for rule in RULES:
        rule.register_initialisers(register)

"""Learning-rate schedules: a factor in [0, 1] on every learning rate as a function of progress.

``progress``: share of the steps already taken, in [0, 1). The last step is taken a little before the end of the shape.
``end``: the factor that a schedule falls to, in [0, 1].

``warmup``: share of the steps, in [0, 1), over which the factor rises in a straight line to 1; the shape then runs over
the rest of the steps, of which s, in [0, 1), is the share already taken. A schedule does not know how many steps there
are, so it cannot start at one step's share of the rise; starting at 0 would waste the first step. It starts at 1%, and
a warm-up of less than one step is one step at 1%.
"""

from __future__ import annotations

import harness
from harness_plugins.lr_schedules import (
    constant,
    cosine,
    exponential,
    inverse_sqrt,
    linear,
    one_cycle,
    polynomial,
    rex,
    step,
    wsd,
)

RULES = (constant, linear, cosine, polynomial, exponential, step, inverse_sqrt, one_cycle, wsd, rex)


@harness.hookimpl
def register_lr_schedules(register: harness.Register) -> None:
    """One constant and nine that change over training, each by its own file."""
    for rule in RULES:
        rule.register_lr_schedules(register)

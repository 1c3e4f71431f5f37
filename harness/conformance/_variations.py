"""Other values that a component's hyperparameters might have, and what it is looked at with."""

from __future__ import annotations

from collections.abc import Mapping

from harness.conformance._rehearsal import Rehearsal
from harness.plugin.component import Component
from harness.plugin.ranges import Options, Value, from_unit

Values = Mapping[str, object]
"""Of the hyperparameters that have no default, and of any that is to be another than it."""


SEEDS = (0, 1)
"""With which it is looked at."""


def other_values(component: Component, name: str, values: Values) -> list[Value]:
    """What a hyperparameter might be instead: of its range or options if it has some, those likely to show it first.

    A text that may be anything has none.
    """
    hyperparameter, usual = component.hyperparameters[name], component.resolve(values)[name]
    domain = component.space.get(name)
    found: list[Value] = list(hyperparameter.allowed)
    if isinstance(domain, Options):
        found = list(domain.values)
    elif domain is not None:
        found = [from_unit(domain, at) for at in (1.0, 0.0, 0.5, 0.75)]
    if (found or [usual]) == [usual]:
        if hyperparameter.type is bool:
            found = [not usual]
        elif hyperparameter.type is int:
            found = [int(usual) + 1, max(1, int(usual) // 2), 2 * int(usual) + 1, 1]
        elif hyperparameter.type is float:
            found = [float(usual) / 2, float(usual) * 1.5, 0.1, 0.9]
    return [each for each in dict.fromkeys(found) if each != usual]


def another(component: Component, name: str, values: Values) -> Value | None:
    """One of them, and the most usual: near the middle of its range."""
    others = other_values(component, name, values)
    domain = component.space.get(name)
    if domain is not None and not isinstance(domain, Options):
        middle = from_unit(domain, 0.5)
        return middle if middle in others else from_unit(domain, 0.75)
    return others[0] if others else None


def works(component: Component, values: Values) -> bool:
    """Whether a model trains with these values, to finite numbers."""
    try:
        for seed in SEEDS:
            Rehearsal(component, values, seed=seed).run()
    except Exception:  # not every value that comes to mind can be used
        return False
    return True


def said(values: Mapping[str, object]) -> str:
    """``, at a=1, b=2``; nothing where there are none."""
    return f", at {', '.join(f'{name}={value}' for name, value in values.items())}" if values else ""

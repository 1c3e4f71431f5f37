"""Subject: a component that is examined, and the values that it is examined with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from harness.conformance._variations import Values, another, works
from harness.plugin.component import Component


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """A component that is examined. ``values``: of its hyperparameters that have no default, or are to have another."""

    component: Component
    values: Values

    @cached_property
    def settings(self) -> list[Values]:
        """The values that the component is examined with: the given ones, its defaults beside; then others as well.

        The second are of every hyperparameter that is not given, or of as many as can be used together; without any
        there is no second. They cost trainings, so that they are found once for all checks.
        """
        return [self.values, *_other_settings(self.component, self.values)]


def _other_settings(component: Component, values: Values) -> Iterator[Values]:
    free = [name for name in component.hyperparameters if name not in values]
    others = {name: other for name in free if (other := another(component, name, values)) is not None}
    found = {**values, **others}
    if others and not works(component, found):
        found = dict(values)
        for name, other in others.items():
            if works(component, {**found, name: other}):
                found[name] = other
    if found != values:
        yield found


Check = Callable[[Subject], None]
"""Proves one thing of a component, which its docstring says; ConformanceError where the component is not so."""

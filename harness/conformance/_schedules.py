"""What schedules, of the learning rate and of dropout, must hold to beside what all components must."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator

from harness.conformance._values import POINTS
from harness.conformance._variations import said
from harness.conformance.subject import Subject
from harness.errors import ConformanceError
from harness.plugin.component import Component
from harness.plugin.kinds import DROPOUT
from harness.plugin.ranges import Options, Value, from_unit
from harness.plugin.schedule import course, mean_over_training

INSIDE = 16


LAST = 1 - 1e-6
"""The last step of a training of a million."""


def check_range(subject: Subject) -> None:
    """A schedule gives drop rates in [0, 1), or finite factors of at least 0, all over its space."""
    component = subject.component
    limit, what = (
        (1.0, "a drop rate lies in [0, 1)") if component.kind == DROPOUT else (math.inf, "a factor is at least 0")
    )
    for point in _points(subject):
        found = {number / POINTS: value for number, value in enumerate(course(component, point, POINTS))}
        found[LAST] = course(component, point, 1, where=LAST)[0]
        for at, value in found.items():
            if not 0 <= value < limit:
                raise ConformanceError(f"at progress {at:g} it gives {value!r}, and {what}{said(point)}")


def check_purity(subject: Subject) -> None:
    """A schedule is a function of progress: asked again, and in another order, it answers the same."""
    component = subject.component
    for setting in subject.settings:
        _check_purity(component, component.resolve(setting))


def _check_purity(component: Component, complete: dict[str, Value]) -> None:
    first = course(component, complete, POINTS)
    if "generator" in component.takes:  # then in the same order: what it draws comes from there
        again = course(component, complete, POINTS)
    else:
        points = [number / POINTS for number in range(POINTS)]
        again = [float(component.build(at, **complete)) for at in reversed(points)][::-1]
    if again != first:
        raise ConformanceError(
            "its value depends on what it was asked before: a schedule is a function of progress alone"
        )


def check_average(subject: Subject) -> None:
    """The average over training that a dropout schedule declares is the mean of its values."""
    component = subject.component
    if component.average is None:
        return
    # A drawn rate's mean over 2,000 steps is within 0.03 of the expected one, five standard errors.
    tolerance = 0.03 if "generator" in component.takes else 1e-3
    for point in _points(subject):
        found = course(component, point, 2000, where=0.5)
        told, mean = mean_over_training(component, point), math.fsum(found) / len(found)
        if not abs(told - mean) <= tolerance:
            raise ConformanceError(
                f"its average says {told:.4g}, and the mean of its values is {mean:.4g}{said(point)}"
            )


def _points(subject: Subject) -> Iterator[dict[str, Value]]:
    """The defaults and other values, every combination of the ends of the ranges, and some points inside."""
    component, values = subject.component, subject.values
    yield from map(component.resolve, subject.settings)
    free = {name: domain for name, domain in component.space.items() if name not in values}
    ends = [
        domain.values if isinstance(domain, Options) else (from_unit(domain, 0.0), from_unit(domain, 1.0))
        for domain in free.values()
    ]
    drawn = random.Random(0)
    inside = ([from_unit(domain, drawn.random()) for domain in free.values()] for _ in range(INSIDE if free else 0))
    for point in itertools.chain(itertools.product(*ends), inside):
        yield component.resolve({**values, **dict(zip(free, point, strict=True))})

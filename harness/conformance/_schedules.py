"""The checks of learning-rate and dropout schedules."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator

from harness.conformance._hyperparameters import POINTS
from harness.conformance.subject import Subject, at_values
from harness.errors import ConformanceError
from harness.plugin.component import Component
from harness.plugin.kinds import DROPOUT
from harness.plugin.ranges import Options, Value, from_unit
from harness.plugin.schedule import course, mean_over_training

INSIDE = 16
"""Number of random points of a space at which a schedule is checked, besides the ends of its ranges."""


LAST = 1 - 1e-6
"""The progress at the last of a million steps."""


def check_range(subject: Subject) -> None:
    """A dropout schedule gives rates in [0, 1), an lr schedule finite factors of at least 0, all over its space."""
    component = subject.component
    limit, rule = (
        (1.0, "a drop rate lies in [0, 1)") if component.kind == DROPOUT else (math.inf, "a factor is at least 0")
    )
    for point in _points(subject):
        by_progress = {number / POINTS: value for number, value in enumerate(course(component, point, POINTS))}
        by_progress[LAST] = course(component, point, 1, where=LAST)[0]
        for progress, value in by_progress.items():
            if not 0 <= value < limit:
                raise ConformanceError(f"at progress {progress:g} it gives {value!r}, and {rule}{at_values(point)}")


def check_purity(subject: Subject) -> None:
    """A schedule is a function of progress alone: called again, and in another order, it gives the same values."""
    for setting in subject.settings:
        _check_purity_at(subject.component, subject.component.resolve(setting))


def _check_purity_at(component: Component, complete: dict[str, Value]) -> None:
    """``complete``: a value for every hyperparameter."""
    first = course(component, complete, POINTS)
    if "generator" in component.takes:  # in the same order, since its draws depend on it
        again = course(component, complete, POINTS)
    else:
        points = [number / POINTS for number in range(POINTS)]
        again = [float(component.build(progress, **complete)) for progress in reversed(points)][::-1]
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
        rates = course(component, point, 2000, where=0.5)
        declared, mean = mean_over_training(component, point), math.fsum(rates) / len(rates)
        if not abs(declared - mean) <= tolerance:
            raise ConformanceError(
                f"its average says {declared:.4g}, and the mean of its values is {mean:.4g}{at_values(point)}"
            )


def _points(subject: Subject) -> Iterator[dict[str, Value]]:
    """Points with a value for every hyperparameter: the settings, all combinations of range ends, and random points."""
    component, values = subject.component, subject.values
    yield from map(component.resolve, subject.settings)
    free = {name: domain for name, domain in component.space.items() if name not in values}
    ends = [
        domain.values if isinstance(domain, Options) else (from_unit(domain, 0.0), from_unit(domain, 1.0))
        for domain in free.values()
    ]
    stream = random.Random(0)
    inside = ([from_unit(domain, stream.random()) for domain in free.values()] for _ in range(INSIDE if free else 0))
    for point in itertools.chain(itertools.product(*ends), inside):
        yield component.resolve({**values, **dict(zip(free, point, strict=True))})

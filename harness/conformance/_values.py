"""What hyperparameters and their ranges must hold to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from harness.conformance._rehearsal import ROUNDING, Rehearsal, trained
from harness.conformance._variations import Values, another, other_values, said
from harness.conformance.subject import Subject
from harness.errors import ConformanceError
from harness.plugin.component import Component
from harness.plugin.ranges import Options, Scale, Value, from_unit
from harness.plugin.schedule import course

POINTS = 200


Base = tuple[Values, Any]
"""Values, and what comes of them."""


def check_hyperparameters(subject: Subject) -> None:
    """Every hyperparameter changes the outcome, by more than rounding would."""
    component, values = subject.component, subject.values
    bases = [(setting, _outcome(component, setting)) for setting in subject.settings]
    for name in component.hyperparameters:
        others = other_values(component, name, values)
        if not others:
            _check_text(component, values, name)
            continue
        errors: list[str] = []
        usual = component.resolve(values)[name]  # in the second setting it is another already
        if not any(
            _shows(component, base, {name: other}, errors)
            for base in _and_singles(component, values, bases)
            for other in (*others, usual)
        ):
            what = "at most one value in 200" if component.kind.is_schedule else "nothing"
            tried = ", ".join(map(repr, others[:4])) + (f" ({errors[-1]})" if errors else "")
            raise ConformanceError(f"{name} changes {what}: use it, or take it out; tried {tried}")


def _and_singles(component: Component, values: Values, bases: Iterable[Base]) -> Iterator[Base]:
    """The bases; then, where they show nothing, those in which one other hyperparameter has another value."""
    yield from bases
    for name in component.hyperparameters:
        other = another(component, name, values)
        if other is not None:
            try:
                yield (setting := {**values, name: other}), _outcome(component, setting)
            except Exception:  # not every value that comes to mind can be used
                continue


def _check_text(component: Component, values: Values, name: str) -> None:
    """A text that may be anything, such as a path: another must be refused, or change something."""
    other = {name: f"{component.resolve(values)[name]}-other"}
    errors: list[str] = []
    if not _shows(component, (values, _outcome(component, values)), other, errors) and not errors:
        raise ConformanceError(
            f"{name} changes nothing, not even as {other[name]!r}: use it, or take it out; if it is one of a few "
            "texts, refuse all others"
        )


def _shows(component: Component, base: Base, other: Values, errors: list[str]) -> bool:
    setting, before = base
    try:
        after = _outcome(component, {**setting, **other})
    except Exception as error:
        errors.append(str(error))
        return False
    if not component.kind.is_schedule:
        return bool(after.differs(before))
    # One value in 200 is often the first, that of a single step among thousands.
    return sum(not math.isclose(*pair, rel_tol=ROUNDING) for pair in zip(before, after, strict=True)) > 1


def _outcome(component: Component, values: Values) -> Any:
    """The values of a schedule over training; of anything else, what a training with it comes to."""
    if component.kind.is_schedule:
        return course(component, component.resolve(values), POINTS)
    return trained(component, values)


def check_space(subject: Subject) -> None:
    """Its defaults lie in their ranges; the ends of each, every option, and the middle of all can be used."""
    component, values = subject.component, subject.values
    for name, domain in component.space.items():
        default = component.defaults.get(name)
        is_off = default == 0 and not isinstance(domain, Options) and domain.scale is Scale.LOG
        if default is not None and default not in domain and not is_off:
            raise ConformanceError(f"the default of {name} is {default!r}, outside its range {domain}")
        for end in _ends(domain):
            _use(component, {**values, name: end}, f"{name} = {end!r} is in its range {domain}")
    for name, hyperparameter in component.hyperparameters.items():
        for option in hyperparameter.allowed if name not in component.space else ():
            _use(component, {**values, name: option}, f"{name} may be {option!r}")
    middle = {name: from_unit(domain, 0.5) for name, domain in component.space.items() if name not in values}
    _use(component, {**values, **middle}, f"the middle of its space is to be searched{said(middle)},")


def _ends(domain: Any) -> tuple[Value, ...]:
    return domain.values if isinstance(domain, Options) else (from_unit(domain, 0.0), from_unit(domain, 1.0))


def _use(component: Component, values: Values, what: str) -> None:
    try:
        Rehearsal(component, values).run(2)
    except Exception as error:
        raise ConformanceError(f"{what} and cannot be used: {type(error).__name__}: {error}") from error

"""The checks of hyperparameters and their ranges, for every kind but problems."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from harness.conformance._rehearsal import ROUNDING, Rehearsal
from harness.conformance.subject import Subject, Values, at_values
from harness.errors import ConformanceError
from harness.plugin.ranges import Options, Scale, Value, from_unit
from harness.plugin.schedule import course

POINTS = 200
"""Number of values of progress, evenly spaced over training, at which a schedule is evaluated."""


Base = tuple[Values, Any]
"""(setting, its outcome): outcomes with one other value are compared with it."""


def check_hyperparameters(subject: Subject) -> None:
    """Every hyperparameter changes the outcome of training by more than rounding would."""
    component = subject.component
    bases = [(setting, _outcome(subject, setting)) for setting in subject.settings]
    for name in component.hyperparameters:
        others = subject.other_values(name)
        if not others:
            _check_text(subject, name)
            continue
        errors: list[str] = []
        usual = component.resolve(subject.values).get(name)  # in the second setting it is another already
        if not any(
            _changes_outcome(subject, base, {name: value}, errors)
            for base in _with_single_changes(subject, bases)
            for value in (*others, *([] if usual is None else [usual]))
        ):
            what = "at most one value in 200" if component.kind.is_schedule else "nothing"
            tried = ", ".join(map(repr, others[:4])) + (f" ({errors[-1]})" if errors else "")
            raise ConformanceError(f"{name} changes {what}; tried {tried}", "use it, or take it out")


def _with_single_changes(subject: Subject, bases: Iterable[Base]) -> Iterator[Base]:
    """The bases; then further ones, in which one hyperparameter has another value."""
    yield from bases
    for name in subject.component.hyperparameters:
        value = subject.typical_other_value(name)
        if value is not None:
            try:
                yield (setting := {**subject.values, name: value}), _outcome(subject, setting)
            except Exception:  # not every value that comes to mind can be used
                continue


def _check_text(subject: Subject, name: str) -> None:
    """For a text that may be anything, such as a path: another text must be refused, or change the outcome."""
    component, values = subject.component, subject.values
    other = {name: f"{component.resolve(values).get(name, 'an')}-other"}
    errors: list[str] = []
    if not _changes_outcome(subject, (values, _outcome(subject, values)), other, errors) and not errors:
        raise ConformanceError(
            f"{name} changes nothing, not even as {other[name]!r}",
            "use it, or take it out; if it is one of a few texts, refuse all others",
        )


def _changes_outcome(subject: Subject, base: Base, change: Values, errors: list[str]) -> bool:
    """Whether ``change`` changes the base's outcome by more than rounding; an error in training goes to ``errors``."""
    setting, before = base
    try:
        after = _outcome(subject, {**setting, **change})
    except Exception as error:
        errors.append(str(error))
        return False
    if not subject.component.kind.is_schedule:
        return bool(after.differs(before))
    # One value in 200 is often the first, that of a single step among thousands.
    return sum(not math.isclose(*pair, rel_tol=ROUNDING) for pair in zip(before, after, strict=True)) > 1


def _outcome(subject: Subject, setting: Values) -> Any:
    """For a schedule its values over training, for any other component the outcome of a training with it."""
    component = subject.component
    if component.kind.is_schedule:
        return course(component, component.resolve(setting), POINTS)
    return subject.outcome(setting)


def check_space(subject: Subject) -> None:
    """Defaults lie in their ranges; a model trains at both ends of every range, with every option, at the middles."""
    component = subject.component
    for name, domain in component.space.items():
        default = component.defaults.get(name)
        is_off = default == 0 and not isinstance(domain, Options) and domain.scale is Scale.LOG
        if default is not None and default not in domain and not is_off:
            raise ConformanceError(f"the default of {name} is {default!r}, outside its range {domain}")
        for end in _ends(domain):
            _check_use(subject, {name: end}, f"{name} = {end!r} is in its range {domain}")
    for name, hyperparameter in component.hyperparameters.items():
        for option in hyperparameter.allowed if name not in component.space else ():
            _check_use(subject, {name: option}, f"{name} may be {option!r}")
    free = {name: domain for name, domain in component.space.items() if name not in subject.values}
    middle = {name: from_unit(domain, 0.5) for name, domain in free.items()}
    _check_use(subject, middle, f"the middle of its space is to be searched{at_values(middle)},")


def _ends(domain: Any) -> tuple[Value, ...]:
    """The least and the greatest value of a range, or every option."""
    return domain.values if isinstance(domain, Options) else (from_unit(domain, 0.0), from_unit(domain, 1.0))


def _check_use(subject: Subject, change: Values, claim: str) -> None:
    """Take two steps with the values in ``change``. ``claim``: why they should be possible, to begin the message."""
    try:
        Rehearsal(subject.component, {**subject.values, **change}).run(2)
    except Exception as error:
        raise ConformanceError(f"{claim} and cannot be used: {type(error).__name__}: {error}") from error

"""The conformance kit: the checks of each kind of component, and the functions that run them."""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch

from harness.conformance import (
    _common,
    _hyperparameters,
    _initialisers,
    _optimisers,
    _problems,
    _regularisers,
    _schedules,
    _steps,
)
from harness.conformance._randomness import streams_restored
from harness.conformance.subject import Check, Subject, Values
from harness.errors import ConformanceError, HarnessError, PluginError, place_of
from harness.plugin import kinds
from harness.plugin.component import Component
from harness.plugin.discovery import Given
from harness.plugin.kinds import Kind

COMMON: tuple[Check, ...] = (
    _common.check_description, _common.check_training, _common.check_same_seed, _common.check_streams,
    _hyperparameters.check_hyperparameters, _hyperparameters.check_space, _common.check_company, _common.check_data,
)  # fmt: skip
"""The checks of every component that is part of a training."""


CHECKS: Mapping[Kind, tuple[Check, ...]] = {
    kinds.PROBLEM: (
        _common.check_description, _problems.check_loading, _problems.check_splits, _problems.check_same_data,
        _problems.check_hyperparameters, _problems.check_score, _problems.check_fitting,
    ),
    kinds.EMBEDDING: COMMON,
    kinds.INITIALISER: (*COMMON, _initialisers.check_weights),
    kinds.OPTIMISER: (
        *COMMON, _optimisers.check_parameters, _steps.check_model, _optimisers.check_state, _steps.check_modes,
    ),
    kinds.LR_SCHEDULE: (*COMMON, _schedules.check_range, _schedules.check_purity),
    kinds.DROPOUT: (*COMMON, _schedules.check_range, _schedules.check_purity, _schedules.check_average),
    kinds.REGULARISER: (*COMMON, _steps.check_model, _regularisers.check_gradient, _steps.check_modes),
}  # fmt: skip
"""Kind → its checks, in the order in which they run: a failed training explains later failures."""


HARMLESS = ("description", "hyperparameters", "space", "state")
"""The checks that a class may fail and its runs be right all the same: lists are bare, or trials are wasted."""


def name_of(check: Check) -> str:
    """The name of a check in findings and in plugin authors' test classes: ``check_same_seed`` → ``same_seed``."""
    return check.__name__.removeprefix("check_")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The result of a check. ``proves``: what the check proves; ``wrong``: what is wrong with the component, or ''.

    ``is_note``: whether it makes no run wrong, and the component is not its user's to change.
    """

    name: str
    proves: str
    wrong: str
    is_note: bool = False


def apply(check: Check, subject: Subject) -> None:
    """Run a check; NumPy's and Python's global random streams are afterwards where they were before."""
    with streams_restored():
        check(subject)


def examine(component: Component, values: Values) -> Iterator[Finding]:
    """Run every check of a component's kind; stop after ``training`` or ``loading`` if that fails.

    Of a library's class only what it does is said, and not what its author may do about it.
    """
    subject = Subject(component=component, values=values)
    of_library = component.is_of_library
    for check in CHECKS[component.kind]:
        wrong = ""
        try:
            apply(check, subject)
        except ConformanceError as error:
            wrong = error.wrong if of_library else str(error)
        except HarnessError as error:
            wrong = str(error)
        except Exception as error:  # an error of the component
            wrong = f"it fails: {place_of(error, torch)}"
        name = name_of(check)
        is_note = bool(wrong) and of_library and name in HARMLESS
        yield Finding(name=name, proves=inspect.getdoc(check) or "", wrong=wrong, is_note=is_note)
        if wrong and name in ("training", "loading"):
            return


@dataclass(frozen=True, kw_only=True)
class Examined:
    """The findings of a component. ``unchecked``: number of checks that did not run, since an earlier one failed."""

    component: Component
    findings: Sequence[Finding]
    unchecked: int
    seconds: float

    @property
    def faults(self) -> int:
        """Number of checks that failed, without notes."""
        return sum(bool(finding.wrong) and not finding.is_note for finding in self.findings)

    @property
    def notes(self) -> int:
        """Number of notes about a class that is not its user's to change."""
        return sum(finding.is_note for finding in self.findings)


def examine_all(components: Iterable[Component], values: Given) -> Iterator[Examined]:
    """Examine one component after another. ``values``: the values of their hyperparameters."""
    for component in components:
        begin, given_values = time.perf_counter(), values.get((component.kind.choice, component.name), {})
        try:
            component.resolve(given_values)
            findings = list(examine(component, given_values))
        except PluginError as error:
            proves = "Every hyperparameter without a default is given a value."
            findings = [Finding(name="values", proves=proves, wrong=str(error))]
        unchecked = len(CHECKS[component.kind]) - sum(finding.name != "values" for finding in findings)
        seconds = time.perf_counter() - begin
        yield Examined(component=component, findings=findings, unchecked=unchecked, seconds=seconds)

"""The conformance kit: which checks a component of each kind must pass, and running them."""

from __future__ import annotations

import inspect
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch

from harness.conformance._by_kind import (
    check_gradient,
    check_model,
    check_modes,
    check_parameters,
    check_state,
    check_weights,
)
from harness.conformance._common import (
    check_company,
    check_data,
    check_description,
    check_same_seed,
    check_streams,
    check_training,
)
from harness.conformance._problems import PROBLEM
from harness.conformance._schedules import check_average, check_purity, check_range
from harness.conformance._values import check_hyperparameters, check_space
from harness.conformance._variations import Values
from harness.conformance.subject import Check, Subject
from harness.errors import ConformanceError, HarnessError, PluginError, place_of
from harness.plugin import kinds
from harness.plugin.component import Component
from harness.plugin.discovery import Given
from harness.plugin.kinds import Kind

COMMON: tuple[Check, ...] = (
    check_description, check_training, check_same_seed, check_streams, check_hyperparameters, check_space,
    check_company, check_data,
)  # fmt: skip


CHECKS: Mapping[Kind, tuple[Check, ...]] = {
    kinds.PROBLEM: PROBLEM,
    kinds.EMBEDDING: COMMON,
    kinds.INITIALISER: (*COMMON, check_weights),
    kinds.OPTIMISER: (*COMMON, check_parameters, check_model, check_state, check_modes),
    kinds.LR_SCHEDULE: (*COMMON, check_range, check_purity),
    kinds.DROPOUT: (*COMMON, check_range, check_purity, check_average),
    kinds.REGULARISER: (*COMMON, check_model, check_gradient, check_modes),
}
"""By kind, in the order in which they are run: a training that fails explains what fails after it."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check found. ``proves``: what it is there for; ``wrong``: what it found wrong, or ''."""

    name: str
    proves: str
    wrong: str


def examine(component: Component, values: Values) -> Iterator[Finding]:
    """Run every check of a component's kind; none after one that finds that it cannot be trained with at all."""
    subject = Subject(component=component, values=values)
    for check in CHECKS[component.kind]:
        wrong = ""
        try:
            check(subject)
        except (ConformanceError, HarnessError) as error:
            wrong = str(error)
        except Exception as error:  # in the component: what the kit does itself is tested
            wrong = f"it fails: {place_of(error, torch)}"
        name = check.__name__.removeprefix("check_")
        yield Finding(name=name, proves=inspect.getdoc(check) or "", wrong=wrong)
        if wrong and name in ("training", "loading"):
            return


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What the kit found in a component. ``unchecked``: how many checks were not run, since one before them failed."""

    component: Component
    findings: Sequence[Finding]
    unchecked: int
    seconds: float

    @property
    def faults(self) -> int:
        """How many checks found something wrong."""
        return sum(bool(each.wrong) for each in self.findings)


def examine_all(components: Iterable[Component], values: Given) -> Iterator[Examined]:
    """Run the kit on each."""
    for component in components:
        begin, given_values = time.perf_counter(), values.get((component.kind.choice, component.name), {})
        try:
            component.resolve(given_values)
            findings = list(examine(component, given_values))
        except PluginError as error:
            proves = "Every hyperparameter without a default is given a value."
            findings = [Finding(name="values", proves=proves, wrong=str(error))]
        unchecked = len(CHECKS[component.kind]) - sum(each.name != "values" for each in findings)
        seconds = time.perf_counter() - begin
        yield Examined(component=component, findings=findings, unchecked=unchecked, seconds=seconds)

"""A component of a test's own, and what the conformance kit finds wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.conformance.kit import CHECKS, apply, examine, name_of
from harness.conformance.subject import Subject
from harness.errors import ConformanceError
from harness.plugin.component import Component, Offer, Provider, component_from
from harness.plugin.kinds import KINDS


def component(kind: str, build: Callable[..., Any], *, space: Mapping[str, Any] | None = None, **how: Any) -> Component:
    """The component that is registered as ``subject``."""
    return component_from(
        KINDS[kind], "subject", Offer(build=build, space=space or {}, **how), Provider(plugin="tests")
    )


def accused(kind: str, build: Callable[..., Any], **how: Any) -> dict[str, str]:
    """What all checks of its kind find wrong with a component, by the name of the check that finds it."""
    findings = list(examine(component(kind, build, **how), {}))
    assert len(findings) == len(CHECKS[KINDS[kind]]) or findings[-1].wrong
    return {finding.name: finding.wrong for finding in findings if finding.wrong}


def only_fault(check: str, kind: str, build: Callable[..., Any], **how: Any) -> str:
    """What the check finds wrong with a component that every other check of its kind finds right."""
    found = accused(kind, build, **how)
    assert found.keys() == {check}, found
    return found[check]


def fault(check: str, kind: str, build: Callable[..., Any], **how: Any) -> str:
    """What one check of its kind finds wrong with a component, or ''."""
    [function] = [each for each in CHECKS[KINDS[kind]] if name_of(each) == check]
    try:
        apply(function, Subject(component=component(kind, build, **how), values={}))
    except ConformanceError as error:
        return str(error)
    return ""

"""A component of a test's own, and what the conformance kit finds wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.conformance.kit import CHECKS, examine
from harness.plugin.component import Component, component_from
from harness.plugin.kinds import KINDS


def component(kind: str, build: Callable[..., Any], *, space: Mapping[str, Any] | None = None, **how: Any) -> Component:
    """Registered as ``subject``, with a docstring where it has none that matters."""
    return component_from(KINDS[kind], "subject", build, space=space or {}, plugin="tests", version="", **how)


def accused(kind: str, build: Callable[..., Any], **how: Any) -> dict[str, str]:
    """What is wrong with it, by the name of the check that finds it."""
    findings = list(examine(component(kind, build, **how), {}))
    assert len(findings) == len(CHECKS[KINDS[kind]]) or findings[-1].wrong
    return {each.name: each.wrong for each in findings if each.wrong}

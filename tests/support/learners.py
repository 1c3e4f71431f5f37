"""A learner of a component of a test's own."""

from __future__ import annotations

from collections.abc import Callable

from harness.conformance._rehearsal import Rehearsal
from harness.plugin.component import Component, component_from
from harness.plugin.kinds import KINDS
from harness.training.learner import Learner


def component(kind: str, build: Callable[..., object], name: str = "x") -> Component:
    """A component without a space, of a plugin called p."""
    return component_from(KINDS[kind], name, build, space={}, plugin="p", version="")


def started(subject: Component) -> Learner:
    """The learner of a rehearsal with this component, before its first step."""
    return Rehearsal(subject, {}).learner

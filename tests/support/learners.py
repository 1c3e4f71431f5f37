"""A learner of a component of a test's own."""

from __future__ import annotations

from collections.abc import Callable

from harness.conformance._rehearsal import Rehearsal
from harness.plugin.component import Component, component_from
from harness.plugin.kinds import KINDS
from harness.training._learner import Learner


def component(kind: str, build: Callable[..., object], name: str = "x") -> Component:
    return component_from(KINDS[kind], name, build, space={}, plugin="p", version="")


def started(found: Component) -> Learner:
    return Rehearsal(found, {}).learner

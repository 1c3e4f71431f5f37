"""A component of a test's own, in the short training that the conformance kit rehearses it with."""

from __future__ import annotations

from collections.abc import Callable

from harness.conformance._rehearsal import Rehearsal
from harness.plugin.component import Component, Offer, Provider, component_from
from harness.plugin.kinds import KINDS
from harness.training.learner import Learner


def component(kind: str, build: Callable[..., object], name: str = "x") -> Component:
    """A component without a space, of a plugin called p."""
    return component_from(KINDS[kind], name, Offer(build=build), Provider(plugin="p"))


def rehearsal(subject: Component, **values: object) -> Rehearsal:
    """A training of this component on a small problem, among plain partners, before its first step."""
    return Rehearsal(subject, values)


def started(subject: Component, **values: object) -> Learner:
    """The learner of such a training."""
    return rehearsal(subject, **values).learner

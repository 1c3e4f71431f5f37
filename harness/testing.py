"""Test classes for plugin authors: subclass the one of your component's kind, and say which component it is.

    class TestSign(harness.testing.OptimiserTests):
        @pytest.fixture
        def component(self):
            return harness.testing.find("optimiser", "sign", "sign.py")

Each test proves one thing, and says in plain words what is wrong where it fails.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pytest

from harness.conformance.kit import CHECKS, apply, name_of
from harness.conformance.subject import Subject
from harness.plugin import kinds
from harness.plugin.registry import build_registry

if TYPE_CHECKING:
    from harness.conformance.subject import Check, Values
    from harness.plugin.component import Component
    from harness.plugin.kinds import Kind


def find(kind: str, name: str, *plugins: str) -> Component:
    """A component of the installed plugins, or of those that are given as files or modules."""
    return build_registry(plugins).component(kind, name)


class ComponentTests:
    """The tests of a component, one per check of its kind.

    A subclass overrides the fixture ``component``, and ``values`` if hyperparameters have no default.
    """

    kind: Kind | None = None

    def __init_subclass__(cls, kind: Kind | None = None, **named: Any) -> None:
        """``kind``: the kind whose checks become the tests of the class."""
        super().__init_subclass__(**named)
        if kind is not None:
            cls.kind = kind
            for check in CHECKS[kind]:
                setattr(cls, f"test_{name_of(check)}", _test(check))

    @pytest.fixture
    def component(self) -> Component:
        """The component to test: every subclass overrides this."""
        raise NotImplementedError(f"{type(self).__name__} needs a fixture `component`: harness.testing.find(…)")

    @pytest.fixture
    def values(self) -> Values:
        """Values of hyperparameters, by name; none unless a subclass overrides this."""
        return {}

    @pytest.fixture(autouse=True)
    def _of_this_kind(self, component: Component) -> None:
        if component.kind != self.kind:
            raise TypeError(f"{type(self).__name__} tests a component of kind {self.kind}, got {component.kind}")


def _test(check: Check) -> Any:
    """A check as a method that pytest runs."""

    def test(self: ComponentTests, component: Component, values: Values) -> None:
        apply(check, Subject(component=component, values=values))

    test.__doc__ = inspect.getdoc(check)
    return test


class ProblemTests(ComponentTests, kind=kinds.PROBLEM):
    """What a problem must hold to."""


class EmbeddingTests(ComponentTests, kind=kinds.EMBEDDING):
    """What starting values of the embedding must hold to."""


class InitialiserTests(ComponentTests, kind=kinds.INITIALISER):
    """What starting values of the other weights must hold to."""


class OptimiserTests(ComponentTests, kind=kinds.OPTIMISER):
    """What an update rule must hold to."""


class LrScheduleTests(ComponentTests, kind=kinds.LR_SCHEDULE):
    """What a schedule of the learning rate must hold to."""


class DropoutTests(ComponentTests, kind=kinds.DROPOUT):
    """What a dropout schedule must hold to."""


class RegulariserTests(ComponentTests, kind=kinds.REGULARISER):
    """What a regulariser must hold to."""

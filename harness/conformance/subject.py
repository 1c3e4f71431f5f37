"""Subject: the component under examination, and the settings of its hyperparameters that the checks use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from harness.conformance._rehearsal import Rehearsal, Trained
from harness.plugin.component import Component
from harness.plugin.ranges import Options, Value, from_unit

Values = Mapping[str, object]
"""Hyperparameter → value, for those without a default and for those that differ from it."""


SEEDS = (0, 1)
"""Study seeds of the checks that need more than one."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """A component as the checks see it. ``values``: the values that the author gives; other hyperparameters are free.

    All checks of a component share one object, so that the settings are found once, and a model is trained once with
    each of them.
    """

    component: Component
    values: Values
    _rehearsed: dict[tuple[int, tuple[tuple[str, str], ...]], tuple[Rehearsal, Trained]] = field(
        default_factory=dict, init=False
    )

    @cached_property
    def settings(self) -> list[Values]:
        """The given values; then also other values of free hyperparameters, as many as can be used together."""
        return [self.values, *self._other_settings()]

    def _other_settings(self) -> Iterator[Values]:
        free = [name for name in self.component.hyperparameters if name not in self.values]
        others = {name: value for name in free if (value := self.typical_other_value(name)) is not None}
        setting = {**self.values, **others}
        if others and not self.can_train(setting):
            setting = dict(self.values)
            for name, value in others.items():
                if self.can_train({**setting, name: value}):
                    setting[name] = value
        if setting != self.values:
            yield setting

    def rehearsed(self, setting: Values, seed: int = 0) -> tuple[Rehearsal, Trained]:
        """A whole rehearsal and its outcome, the same at every call: what the checks compare other trainings with."""
        which = seed, tuple(sorted((name, repr(value)) for name, value in setting.items()))
        if which not in self._rehearsed:
            rehearsal = Rehearsal(self.component, setting, seed=seed)
            self._rehearsed[which] = rehearsal, rehearsal.run()
        return self._rehearsed[which]

    def outcome(self, setting: Values, seed: int = 0) -> Trained:
        """The outcome of a whole rehearsal, the same at every call."""
        return self.rehearsed(setting, seed)[1]

    def can_train(self, setting: Values) -> bool:
        """Whether a model trains with these values, to finite numbers, at all ``SEEDS``."""
        try:
            for seed in SEEDS:
                self.outcome(setting, seed)
        except Exception:  # not every value that comes to mind can be used
            return False
        return True

    def other_values(self, name: str) -> list[Value]:
        """Values of a hyperparameter that differ from its usual value, the likeliest to show an effect first.

        They come from the range or options, if there are any. A text that may be anything has no other values.
        """
        hyperparameter, usual = self.component.hyperparameters[name], self.component.resolve(self.values).get(name)
        domain = self.component.space.get(name)
        values: list[Value] = list(hyperparameter.allowed)
        if isinstance(domain, Options):
            values = list(domain.values)
        elif domain is not None:
            values = [from_unit(domain, at) for at in (1.0, 0.0, 0.5, 0.75)]
        if not [value for value in values if value != usual]:
            values = _around(hyperparameter.type, usual)
        return [value for value in dict.fromkeys(values) if value != usual]

    def typical_other_value(self, name: str) -> Value | None:
        """The other value that a study would most likely use: one near the middle of the range."""
        others = self.other_values(name)
        domain = self.component.space.get(name)
        if domain is not None and not isinstance(domain, Options):
            middle = from_unit(domain, 0.5)
            return middle if middle in others else from_unit(domain, 0.75)
        return others[0] if others else None


def _around(kind: type, usual: Value | None) -> list[Value]:
    """Values of a type that differ from the usual one; None where that is no value."""
    if kind is bool:
        return [True, False] if usual is None else [not usual]
    if kind is int:
        return [1, 2, 10] if usual is None else [int(usual) + 1, max(1, int(usual) // 2), 2 * int(usual) + 1, 1]
    if kind is float:
        return [0.1, 0.9, 1e-3, 10.0] if usual is None else [float(usual) / 2, float(usual) * 1.5, 0.1, 0.9]
    return []


Check = Callable[[Subject], None]
"""A check proves what its docstring says of a component; else its ConformanceError says what is wrong."""


def at_values(values: Values) -> str:
    """``, at a=1, b=2``, to end a message; '' without values."""
    return f", at {', '.join(f'{name}={value}' for name, value in values.items())}" if values else ""

"""What a component says of itself, beside its space, so that a comparison can be judged: plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Component = str


Hyperparameter = str


@dataclass(frozen=True, kw_only=True)
class Inclusion:
    """When a component can do what another of its kind does: Choi et al. 2019.

    ``free``: own hyperparameters that a search must be able to move. ``same``: own hyperparameter → the other's whose
    value it must be able to take. ``reach``: values that own hyperparameters must be able to take. ``where``: values of
    the other's without which there is no imitation.
    """

    free: Sequence[Hyperparameter] = ()
    same: Mapping[Hyperparameter, Hyperparameter] = field(default_factory=dict)
    reach: Mapping[Hyperparameter, float] = field(default_factory=dict)
    where: Mapping[Hyperparameter, bool | float | str] = field(default_factory=dict)

    def hyperparameters(self) -> set[str]:
        """The component's own."""
        return {*self.free, *self.same, *self.reach}

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "free": list(self.free),
            "same": dict(self.same),
            "reach": dict(self.reach),
            "where": dict(self.where),
        }


@dataclass(frozen=True, kw_only=True)
class Traits:
    """Facts that warnings rest on; each may be left out.

    ``includes``: components of the same kind that this one can imitate, each with the hyperparameters that must be free
    for it (Adam with a large enough eps is SGD with momentum), or with an ``Inclusion`` where that depends on more.
    ``natural_limits``: values at which a range ends for a reason, so that a winner there is no sign of a narrow range.
    ``meanings``: what a hyperparameter measures, where others use the same name for something else.
    ``coupled_decay``: the hyperparameter that adds L2 to the gradient of an adaptive method.
    ``only_with``: of another choice, the components with which this one makes sense; a study with others is refused.
    """

    includes: Mapping[Component, Sequence[Hyperparameter] | Inclusion] = field(default_factory=dict)
    natural_limits: Mapping[Hyperparameter, Sequence[float]] = field(default_factory=dict)
    meanings: Mapping[Hyperparameter, str] = field(default_factory=dict)
    coupled_decay: str = ""
    only_with: Mapping[str, Sequence[Component]] = field(default_factory=dict)

    def hyperparameters(self) -> set[str]:
        """Those of the component's own that the traits speak of."""
        needed = {name for each in self.includes.values() for name in _inclusion(each).hyperparameters()}
        return needed | {*self.natural_limits, *self.meanings} | ({self.coupled_decay} - {""})

    def to_json(self) -> dict[str, Any]:
        """Plain data, as study.json holds it."""
        return {
            "includes": {name: _inclusion(each).to_json() for name, each in self.includes.items()},
            "natural_limits": {name: list(limits) for name, limits in self.natural_limits.items()},
            "meanings": dict(self.meanings),
            "coupled_decay": self.coupled_decay,
            "only_with": {choice: list(names) for choice, names in self.only_with.items()},
        }


def _inclusion(each: Sequence[Hyperparameter] | Inclusion) -> Inclusion:
    return each if isinstance(each, Inclusion) else Inclusion(free=each)


NO_TRAITS = Traits()

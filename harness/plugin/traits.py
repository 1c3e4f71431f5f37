"""What a component says of itself, beside its space, so that a comparison can be judged: plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Component = str
"""The name of a component."""


Hyperparameter = str
"""The name of a hyperparameter, without choice and component."""


@dataclass(frozen=True, kw_only=True)
class Inclusion:
    """When one component, the imitator, can do all that another of its kind does: Choi et al. 2019.

    ``free``: the imitator's hyperparameters that a search must be able to move. ``same``: a hyperparameter of the
    imitator → that of the other whose value it must be able to take. ``reach``: a hyperparameter of the imitator → the
    value that it must be able to take. ``where``: a hyperparameter of the other → the only value at which it is
    imitated.
    """

    free: Sequence[Hyperparameter] = ()
    same: Mapping[Hyperparameter, Hyperparameter] = field(default_factory=dict)
    reach: Mapping[Hyperparameter, float] = field(default_factory=dict)
    where: Mapping[Hyperparameter, bool | float | str] = field(default_factory=dict)

    def hyperparameters(self) -> set[str]:
        """The names of the imitator's hyperparameters that are spoken of."""
        return {*self.free, *self.same, *self.reach}

    def to_json(self) -> dict[str, Any]:
        """Plain data, as study.json holds it."""
        return {
            "free": list(self.free),
            "same": dict(self.same),
            "reach": dict(self.reach),
            "where": dict(self.where),
        }


@dataclass(frozen=True, kw_only=True)
class Traits:
    """Facts of a component that warnings about a comparison rest on; each may be left out.

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
        """The names of the component's own hyperparameters that the traits speak of."""
        needed = {name for included in self.includes.values() for name in _inclusion(included).hyperparameters()}
        return needed | {*self.natural_limits, *self.meanings} | ({self.coupled_decay} - {""})

    def to_json(self) -> dict[str, Any]:
        """Plain data, as study.json holds it."""
        return {
            "includes": {name: _inclusion(included).to_json() for name, included in self.includes.items()},
            "natural_limits": {name: list(limits) for name, limits in self.natural_limits.items()},
            "meanings": dict(self.meanings),
            "coupled_decay": self.coupled_decay,
            "only_with": {choice: list(names) for choice, names in self.only_with.items()},
        }


def _inclusion(included: Sequence[Hyperparameter] | Inclusion) -> Inclusion:
    return included if isinstance(included, Inclusion) else Inclusion(free=included)


NO_TRAITS = Traits()
"""What a component says that declares no traits."""

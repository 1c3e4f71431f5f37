"""What a component says of itself, beside its space, so that a comparison can be judged: plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Component = str
Hyperparameter = str


@dataclass(frozen=True, kw_only=True)
class Traits:
    """Facts that warnings rest on; each may be left out.

    ``includes``: components of the same kind that this one can imitate, each with the hyperparameters that must be free
    for it (Adam with a large enough eps is SGD with momentum: Choi et al. 2019).
    ``natural_limits``: values at which a range ends for a reason, so that a winner there is no sign of a narrow range.
    ``meanings``: what a hyperparameter measures, where others use the same name for something else.
    ``coupled_decay``: the hyperparameter that adds L2 to the gradient of an adaptive method.
    """

    includes: Mapping[Component, Sequence[Hyperparameter]] = field(default_factory=dict)
    natural_limits: Mapping[Hyperparameter, Sequence[float]] = field(default_factory=dict)
    meanings: Mapping[Hyperparameter, str] = field(default_factory=dict)
    coupled_decay: str = ""

    def hyperparameters(self) -> set[str]:
        """Those of the component's own that the traits speak of."""
        needed = {name for names in self.includes.values() for name in names}
        return needed | {*self.natural_limits, *self.meanings} | ({self.coupled_decay} - {""})

    def to_json(self) -> dict[str, Any]:
        """Plain data, as study.json holds it."""
        return {
            "includes": {name: list(needed) for name, needed in self.includes.items()},
            "natural_limits": {name: list(limits) for name, limits in self.natural_limits.items()},
            "meanings": dict(self.meanings),
            "coupled_decay": self.coupled_decay,
        }


NO_TRAITS = Traits()

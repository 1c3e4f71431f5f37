"""The kinds of component, one row each. CONTRIBUTING.md lists the files that a new kind touches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What all components of a kind have in common.

    ``name``: the harness's own word for the kind. ``choice``: the word that study files, overrides, commands, messages
    and result folders use. ``hook``: the plugin's function that registers components of the kind. ``noun``: the word
    for one component in a sentence; ``title``: the heading above a list of components.

    ``provided``: arguments that the harness gives every component by position. ``draws``: whether a component must take
    ``generator``, given by name. ``offered``: arguments that a component is given by name if its signature has them.

    ``is_choice``: whether a study may swap the component. ``is_schedule``: whether a component is a function of
    progress. ``has_average``: whether ``average:NAME``, a schedule's mean held at every step, is a component too.
    ``is_joined``: whether several may act at once, as ``NAME + NAME``. ``is_class``: whether a bare
    torch.optim.Optimizer subclass counts as a component, registered or named as ``module:Class``.
    """

    name: str
    choice: str
    hook: str
    noun: str
    title: str
    provided: tuple[str, ...] = ()
    draws: bool = False
    offered: tuple[str, ...] = ()
    is_choice: bool = True
    is_schedule: bool = False
    has_average: bool = False
    is_joined: bool = False
    is_class: bool = False

    def __str__(self) -> str:
        return self.choice

    @property
    def article(self) -> str:
        """The indefinite article of the noun."""
        return "an" if self.noun[0] in "aeiou" else "a"


PROBLEM = Kind(
    name="problem", choice="problem", hook="register_problems", noun="problem", title="Problems", is_choice=False
)
EMBEDDING = Kind(
    name="embedding", choice="embedding", hook="register_embeddings", noun="embedding", title="Embeddings",
    provided=("weight", "vocabulary"), draws=True,
)  # fmt: skip
INITIALISER = Kind(
    name="initialiser", choice="initialiser", hook="register_initialisers", noun="initialiser",
    title="Initialisers of the hidden and output weights", provided=("weight",), draws=True,
    offered=("inputs", "layer"),
)  # fmt: skip
OPTIMISER = Kind(
    name="optimiser", choice="optimiser", hook="register_optimisers", noun="optimiser", title="Optimisers",
    provided=("model",), is_class=True,
)  # fmt: skip
LR_SCHEDULE = Kind(
    name="lr_schedule", choice="lr_schedule", hook="register_lr_schedules", noun="learning-rate schedule",
    title="Learning-rate schedules", provided=("progress",), is_schedule=True,
)  # fmt: skip
DROPOUT = Kind(
    name="dropout", choice="dropout", hook="register_dropout_schedules", noun="dropout schedule",
    title="Dropout schedules of the hidden units", provided=("progress",), offered=("generator",),
    is_schedule=True, has_average=True,
)  # fmt: skip
REGULARISER = Kind(
    name="regulariser", choice="regularisers", hook="register_regularisers", noun="regulariser", title="Regularisers",
    is_joined=True,
)  # fmt: skip


KINDS: Mapping[str, Kind] = {
    kind.choice: kind for kind in (PROBLEM, EMBEDDING, INITIALISER, OPTIMISER, LR_SCHEDULE, DROPOUT, REGULARISER)
}
"""Every kind by its ``choice``, in the order in which lists show the kinds."""


CHOICES = tuple(choice for choice, kind in KINDS.items() if kind.is_choice)
"""The words under ``[choices]`` in a study file: what a study may swap."""

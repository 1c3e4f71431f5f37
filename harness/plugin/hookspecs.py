"""The hooks, which are the whole contract between the harness and a plugin.

A plugin is a module or package with functions marked ``@harness.hookimpl``, loaded from an entry point of the
group ``harness``, from ``--plugin FILE`` or from ``--plugin module``. Each ``register_*`` hook is given a function
``register(name, component, *, space={}, traits=…, average=…)``. A component is a plain callable; the arguments that
the harness does not provide are its hyperparameters, each with a default. ``space`` says, most important first,
what to search: ``{"lr": harness.log(1e-4, 1e-1), "nesterov": harness.options(False, True)}``. ``traits``, a
``harness.Traits``, says what a warning about a comparison must know; ``average`` is the mean over training of a
dropout schedule, as a function of its hyperparameters. The first line of the component's docstring describes it.
A name that ends in ``:*`` offers a family: ``component(member) -> harness.Offer`` is called when a study names a
member, and ``component.names()`` lists the members. A module that sets ``HARNESS_PLUGIN_API = 1`` is loaded only if
``harness.PLUGIN_API`` is that number. ``register_executors`` is given ``register(name, open_backend)``: see
harness/plugin/backend.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import pluggy

from harness.plugin.ranges import Domain
from harness.plugin.traits import NO_TRAITS, Traits

if TYPE_CHECKING:
    from harness.plugin.backend import OpenBackend
    from harness.plugin.events import Event

PROJECT = "harness"
"""The name under which pluggy marks hooks and their implementations."""


hookspec = pluggy.HookspecMarker(PROJECT)


hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def register_problems(register: Register) -> None:
    """Classification tasks: ``load(*, …) -> Problem``."""


@hookspec
def register_embeddings(register: Register) -> None:
    """Starting values of the embedding: ``fill(weight, vocabulary, *, generator, …)``, in place."""


@hookspec
def register_initialisers(register: Register) -> None:
    """Starting values of the weights: ``init(weight, *, generator, …)``, in place, as in torch.nn.init."""


@hookspec
def register_optimisers(register: Register) -> None:
    """Update rules: ``build(model, *, lr, …) -> Optimizer``, or a torch.optim.Optimizer subclass as it is."""


@hookspec
def register_lr_schedules(register: Register) -> None:
    """Factor on every learning rate: ``schedule(progress, *, …) -> factor``, with progress in [0, 1)."""


@hookspec
def register_dropout_schedules(register: Register) -> None:
    """Drop rate of the hidden units: ``schedule(progress, *, …) -> rate in [0, 1)``, with progress in [0, 1)."""


@hookspec
def register_regularisers(register: Register) -> None:
    """Penalties, noise, constraints, averages: ``build(*, …) -> Regulariser``; several may be on at once."""


@hookspec
def register_executors(register: RegisterExecutor) -> None:
    """Where runs are made: ``open(*, workers, address, …)``, a context manager that gives a Backend."""


@hookspec
def observe(event: Event) -> None:
    """Diagnostics and trackers: called at every event of every run; an observer looks, and changes nothing."""


class Register(Protocol):
    """The function that a ``register_*`` hook is given: the hook calls it once for each component."""

    def __call__(
        self,
        name: str,
        component: Callable[..., Any],
        *,
        space: Mapping[str, Domain] | None = None,
        default: bool = False,
        traits: Traits = NO_TRAITS,
        average: Callable[..., float] | None = None,
    ) -> None:
        """Offer ``component`` under ``name``.

        ``space``: what to search, most important first. ``default``: whether a study that names no component of the
        kind uses this one. ``traits``: what warnings about a comparison must know. ``average``: for a dropout schedule,
        the function from hyperparameters to the mean over training.
        """


class RegisterExecutor(Protocol):
    """The function that ``register_executors`` is given: the hook calls it once for each executor."""

    def __call__(self, name: str, open_backend: OpenBackend) -> None:
        """Offer an executor under ``name``, the word of ``--executor``."""

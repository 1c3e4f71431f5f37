"""Components that nobody registers: each is made from its name when a study names it.

``label_smoothing + clip_norm``: regularisers that act together, in that order. ``average:linear``: the constant control
of a dropout schedule. ``package.module:Class`` and ``file.py:Class``: an optimiser's class. ``family:member``: a member
of a plugin's family, such as an optimiser of a library.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import pluggy

from harness.errors import PluginError, place_of, unknown
from harness.plugin._loading import Plugin, load_given
from harness.plugin.component import Component, Family, Hyperparameter, Offer, Provider, component_from
from harness.plugin.kinds import Kind
from harness.plugin.names import JOIN, MEMBER, parts_of
from harness.plugin.ranges import Domain, from_unit, log
from harness.plugin.schedule import mean_over_training
from harness.plugin.traits import Traits

AVERAGE = "average"
"""The word before a schedule's name that stands for the schedule's mean, held at every step: ``average:linear``."""


Find = Callable[[str], Component]
"""Name of a component → the component; PluginError for an unknown name."""


def from_family(kind: Kind, name: str, family: Family, plugin: Plugin) -> Component:
    """The component ``family:member`` of a plugin's family; PluginError, with the reason, for a member without one."""
    try:
        offer = family(name.partition(MEMBER)[2])
    except PluginError:
        raise
    except Exception as error:
        raise PluginError(f"plugin {plugin.name!r} failed at {kind} {name!r}: {place_of(error, pluggy)}") from error
    provider = plugin.provider
    if offer.package:
        provider = replace(provider, plugin=offer.package, version=_version(offer.package))
    return component_from(kind, name, offer, provider, derived=True)


def joined_component(name: str, find: Find) -> Component:
    """The component ``a + b``: several components that act together. ``find``: looks up a part by its name.

    The joined component builds a tuple of what its parts build. It has the parts' hyperparameters, each under the
    part's name, as ``l2.strength``. PluginError for a part that is unknown or named twice.
    """
    if not all(parts_of(name)):
        raise PluginError(f"{name!r}: needs a regulariser on both sides of +")
    parts = [find(part) for part in parts_of(name)]
    names = [part.name for part in parts]
    if len(set(names)) < len(names):
        raise PluginError(f"{name!r}: a regulariser can be on once")
    hyperparameters = {
        f"{part.name}.{name}": replace(hyperparameter, name=f"{part.name}.{name}")
        for part in parts
        for name, hyperparameter in part.hyperparameters.items()
    }

    def build(**values: Any) -> tuple[Any, ...]:
        return tuple(part.build(**_values_of(part, values)) for part in parts)

    build.__doc__ = "\n\n".join(
        [f"{JOIN.join(names)}, in that order.", *(f"{part.name}: {part.description}" for part in parts)]
    )
    return Component(
        kind=parts[0].kind,
        name=JOIN.join(names),
        build=build,
        hyperparameters=hyperparameters,
        space=_by_turns(parts),
        plugin=" + ".join(dict.fromkeys(part.plugin for part in parts)),
        version=" + ".join(dict.fromkeys(part.version for part in parts)),
        source=hashlib.sha256(" ".join(part.source for part in parts).encode()).hexdigest()[:12],
        parts=tuple(parts),
    )


def _values_of(part: Component, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a part's hyperparameters, under the part's own names: ``strength``, not ``l2.strength``."""
    return {name: values[f"{part.name}.{name}"] for name in part.hyperparameters}


def _by_turns(parts: Iterable[Component]) -> dict[str, Domain]:
    """The spaces of the parts as one: the most important hyperparameter of each part, then the second of each …"""
    ranked = [
        (rank, f"{part.name}.{name}", domain)
        for part in parts
        for rank, (name, domain) in enumerate(part.space.items())
    ]
    return {name: domain for _, name, domain in sorted(ranked, key=lambda entry: entry[0])}


def average_of(schedule: Component) -> Component:
    """The component ``average:NAME``, the control of a schedule: a constant, the schedule's mean over training.

    The control has the schedule's hyperparameters and ranges. PluginError for a schedule that is an average itself.
    """
    if schedule.name.startswith(f"{AVERAGE}{MEMBER}"):
        raise PluginError(f"{schedule.name!r} is an average already")

    @functools.lru_cache(maxsize=64)  # every step asks for the mean
    def mean(items: tuple[tuple[str, Any], ...]) -> float:
        return mean_over_training(schedule, dict(items))

    def build(progress: float, **values: Any) -> float:
        return mean(tuple(sorted(values.items())))

    build.__doc__ = (
        f"The mean rate of {schedule.name} over training, held at every step: its control.\n\n"
        "Its hyperparameters and their ranges are those of the schedule; one that moves no mean is not searched.\n"
    )
    limits = schedule.traits.natural_limits
    return replace(
        schedule,
        name=f"{AVERAGE}{MEMBER}{schedule.name}",
        build=build,
        space={name: domain for name, domain in schedule.space.items() if _moves_the_mean(schedule, name)},
        takes=frozenset(),
        traits=Traits(natural_limits=limits),
        average=lambda **values: mean(tuple(sorted(values.items()))),
    )


def _moves_the_mean(schedule: Component, name: str) -> bool:
    """Whether the mean over training changes with a searched hyperparameter, with all others near their middles."""
    middle = {other: from_unit(domain, 0.6) for other, domain in schedule.space.items()}
    means = {
        round(mean_over_training(schedule, {**schedule.defaults, **middle, name: value}), 12)
        for value in (from_unit(schedule.space[name], position) for position in (0.0, 0.3, 1.0 - 1e-9))
    }
    return len(means) > 1


def from_class(kind: Kind, name: str) -> Component:
    """The component of an optimiser's class, ``module:Class`` or ``file.py:Class``; lr is searched around its default.

    PluginError for a module that cannot be loaded, a class that the module lacks, and one that is no Optimizer.
    """
    source, _, attribute = name.rpartition(MEMBER)
    try:
        module = load_given(source).module
    except PluginError as error:
        raise PluginError(f"{kind} {name!r}: {str(error).replace('cannot load plugin', 'cannot load')}") from error
    cls = getattr(module, attribute, None)
    if cls is None:
        known = [word for word, value in vars(module).items() if _is_optimiser(value)]
        raise PluginError(unknown(f"{kind} in {source}:", attribute, known))
    if not _is_optimiser(cls):
        what = "a class" if inspect.isclass(cls) else f"of type {type(cls).__name__}"
        raise PluginError(f"{kind} {name!r} is {what}, not a subclass of torch.optim.Optimizer")
    provider = Provider(plugin=source, version=_version(source))
    component = component_from(kind, name, Offer(build=cls), provider, derived=True)
    return replace(component, space=around_default(component.hyperparameters))


def _is_optimiser(value: Any) -> bool:
    from torch.optim import Optimizer

    return inspect.isclass(value) and issubclass(value, Optimizer) and value is not Optimizer


def around_default(hyperparameters: Mapping[str, Hyperparameter]) -> dict[str, Domain]:
    """The space of an optimiser without a declared space: lr, ten times either way of its default, if it has one."""
    lr = hyperparameters.get("lr")
    default = float(lr.default) if lr is not None and lr.type is float and lr.default else 0.0
    return {"lr": log(default / 10, default * 10)} if default > 0 else {}


@functools.cache  # packages_distributions() reads everything that is installed
def _version(source: str) -> str:
    """The version of the installed distribution that a module belongs to; '' for a file, which belongs to none."""
    if source.endswith(".py"):
        return ""
    distributions = importlib.metadata.packages_distributions().get(source.partition(".")[0], [])
    return importlib.metadata.version(distributions[0]) if distributions else ""

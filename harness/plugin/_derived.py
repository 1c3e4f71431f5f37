"""Components that nobody registers, because their names say what they are.

``label_smoothing + clip_norm``: regularisers that are on together, in that order. ``average:linear``: the constant
control of a dropout schedule. ``package.module:Class`` and ``file.py:Class``: an optimiser's class. ``family:member``:
what a plugin offers as a family, such as every optimiser of a library.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from harness.errors import PluginError, unknown
from harness.plugin._loading import Plugin, given, where
from harness.plugin.component import Component, Family, Hyperparameter, component_from
from harness.plugin.names import MEMBER, TOGETHER, parts_of
from harness.plugin.ranges import Domain, from_unit, log
from harness.plugin.schedule import mean_over_training
from harness.plugin.traits import Traits

AVERAGE = "average"


Find = Callable[[str], Component]


def from_family(kind: str, name: str, family: Family, plugin: Plugin) -> Component:
    """A member of what a plugin registered under ``family:*``."""
    try:
        offer = family(name.partition(MEMBER)[2])
    except PluginError:
        raise
    except Exception as error:
        raise PluginError(f"plugin {plugin.name!r} failed at {kind} {name!r}: {where(error)}") from error
    return component_from(
        kind, name, offer.build, space=offer.space, traits=offer.traits, derived=True,
        plugin=offer.package or plugin.name, version=_version(offer.package) if offer.package else plugin.version,
        plugin_source=plugin.source,
    )  # fmt: skip


def together(name: str, find: Find) -> Component:
    """The regularisers that a name joins; PluginError for one that is not known or is there twice."""
    if not all(parts_of(name)):
        raise PluginError(f"{name!r}: needs a regulariser on both sides of +")
    parts = [find(part) for part in parts_of(name)]
    names = [part.name for part in parts]
    if len(set(names)) < len(names):
        raise PluginError(f"{name!r}: a regulariser can be on once")
    hyperparameters = {
        f"{part.name}.{each}": replace(found, name=f"{part.name}.{each}")
        for part in parts
        for each, found in part.hyperparameters.items()
    }

    def build(**values: Any) -> tuple[Any, ...]:
        return tuple(part.build(**_own(part, values)) for part in parts)

    build.__doc__ = "\n\n".join(
        [f"{TOGETHER.join(names)}, in that order.", *(f"{each.name}: {each.description}" for each in parts)]
    )
    return Component(
        kind=parts[0].kind,
        name=TOGETHER.join(names),
        build=build,
        hyperparameters=hyperparameters,
        space=_by_turns(parts),
        plugin=" + ".join(dict.fromkeys(part.plugin for part in parts)),
        version=" + ".join(dict.fromkeys(part.version for part in parts)),
        source=hashlib.sha256(" ".join(part.source for part in parts).encode()).hexdigest()[:12],
        parts=tuple(parts),
    )


def _own(part: Component, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[f"{part.name}.{name}"] for name in part.hyperparameters}


def _by_turns(parts: Iterable[Component]) -> dict[str, Domain]:
    """The most important hyperparameter of each, then the second of each."""
    ranked = [
        (rank, number, f"{part.name}.{name}", domain)
        for number, part in enumerate(parts)
        for rank, (name, domain) in enumerate(part.space.items())
    ]
    return {name: domain for _, _, name, domain in sorted(ranked, key=lambda each: each[:2])}


def average_of(schedule: Component) -> Component:
    """The same hyperparameters over the same ranges, and at every step the schedule's mean over training."""
    if schedule.name.startswith(f"{AVERAGE}{MEMBER}"):
        raise PluginError(f"{schedule.name!r} is an average already")

    @functools.lru_cache(maxsize=64)  # it is asked at every step
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
    """Whether a hyperparameter that is searched has a part in the mean, the others being in the middle of theirs."""
    middle = {each: from_unit(domain, 0.6) for each, domain in schedule.space.items()}
    means = {
        round(mean_over_training(schedule, {**schedule.defaults, **middle, name: value}), 12)
        for value in (from_unit(schedule.space[name], at) for at in (0.0, 0.3, 1.0 - 1e-9))
    }
    return len(means) > 1


def from_class(kind: str, name: str) -> Component:
    """An optimiser's class by ``module:Class`` or ``file.py:Class``; lr is searched around its default."""
    source, _, attribute = name.rpartition(MEMBER)
    try:
        module = given(source).module
    except PluginError as error:
        raise PluginError(f"{kind} {name!r}: {str(error).replace('cannot load plugin', 'cannot load')}") from error
    found = getattr(module, attribute, None)
    if found is None:
        known = [each for each, value in vars(module).items() if _is_optimiser(value)]
        raise PluginError(unknown(f"{kind} in {source}:", attribute, known))
    if not _is_optimiser(found):
        what = "a class" if inspect.isclass(found) else f"of type {type(found).__name__}"
        raise PluginError(f"{kind} {name!r} is {what}, not a subclass of torch.optim.Optimizer")
    component = component_from(kind, name, found, space={}, plugin=source, version=_version(source), derived=True)
    return replace(component, space=around_default(component.hyperparameters))


def _is_optimiser(found: Any) -> bool:
    from torch.optim import Optimizer

    return inspect.isclass(found) and issubclass(found, Optimizer) and found is not Optimizer


def around_default(hyperparameters: Mapping[str, Hyperparameter]) -> dict[str, Domain]:
    """A tenth to ten times the default lr, which is all that is known of a stranger's."""
    lr = hyperparameters.get("lr")
    default = float(lr.default) if lr is not None and lr.type is float and lr.default else 0.0
    return {"lr": log(default / 10, default * 10)} if default > 0 else {}


@functools.cache  # it looks through everything that is installed
def _version(source: str) -> str:
    """Of the distribution that a module is of; a file is of none."""
    if source.endswith(".py"):
        return ""
    distributions = importlib.metadata.packages_distributions().get(source.partition(".")[0], [])
    return importlib.metadata.version(distributions[0]) if distributions else ""

"""From plugins to components: their names, near misses and collisions."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pluggy

from harness.errors import PluginError, unknown
from harness.plugin import hookspecs
from harness.plugin._derived import AVERAGE, average_of, from_class, from_family, together
from harness.plugin._loading import Plugin, given, installed, where
from harness.plugin.component import Component, Family, component_from
from harness.plugin.kinds import KINDS
from harness.plugin.names import MEMBER, parts_of
from harness.plugin.ranges import Domain
from harness.plugin.traits import NO_TRAITS, Traits


class Registry:
    """Every component of every loaded plugin, by kind and name.

    ``sources``: the files and modules that were given beside the installed plugins; another process builds the same
    registry from them.
    """

    def __init__(self, manager: pluggy.PluginManager, plugins: Iterable[Plugin], sources: Iterable[str] = ()) -> None:
        self.plugins = tuple(plugins)
        self.sources = tuple(sources)
        self._manager = manager
        self._components: dict[str, dict[str, Component]] = {kind: {} for kind in KINDS}
        self._derived: dict[tuple[str, str], Component] = {}
        self._families: dict[tuple[str, str], tuple[Family, Plugin]] = {}
        self._defaults: dict[str, Component] = {}
        for kind, hook in KINDS.items():
            for plugin in self.plugins:
                self._collect(kind, hook, plugin)
        self.has_observers = bool(manager.hook.observe.get_hookimpls())

    def _collect(self, kind: str, hook: str, plugin: Plugin) -> None:
        others = [other.module for other in self.plugins if other is not plugin]
        known = self._components[kind]

        def register(
            name: str,
            component: Callable[..., Any],
            *,
            space: Mapping[str, Domain] | None = None,
            default: bool = False,
            traits: Traits = NO_TRAITS,
            average: Callable[..., float] | None = None,
        ) -> None:
            if isinstance(name, str) and name.endswith(f"{MEMBER}*"):
                self._collect_family(kind, name.removesuffix(f"{MEMBER}*"), component, plugin)
                return
            if name in known:
                raise PluginError(
                    f"{kind} {name!r} is registered twice: "
                    f"by plugin {known[name].plugin!r} and by plugin {plugin.name!r}"
                )
            known[name] = component_from(
                kind,
                name,
                component,
                space=space or {},
                plugin=plugin.name,
                version=plugin.version,
                plugin_source=plugin.source,
                traits=traits,
                average=average,
            )
            if default:
                if other := self._defaults.get(kind):
                    raise PluginError(
                        f"two defaults of kind {kind}: {other.name!r} of plugin {other.plugin!r} "
                        f"and {name!r} of plugin {plugin.name!r}"
                    )
                self._defaults[kind] = known[name]

        try:
            self._manager.subset_hook_caller(hook, others)(register=register)
        except PluginError:
            raise
        except Exception as error:
            raise PluginError(f"plugin {plugin.name!r} failed in {hook}: {where(error)}") from error

    def _collect_family(self, kind: str, name: str, family: Any, plugin: Plugin) -> None:
        if other := self._families.get((kind, name)):
            raise PluginError(
                f"{kind} family {name!r} is registered twice: by plugin {other[1].name!r} and by plugin {plugin.name!r}"
            )
        if not (callable(family) and callable(getattr(family, "names", None))):
            raise PluginError(f"plugin {plugin.name!r}: {kind} family {name!r} needs names() and to be called with one")
        self._families[kind, name] = family, plugin

    def names(self, kind: str) -> list[str]:
        """Sorted names of the components of a kind; those that are derived from a name cannot all be told."""
        return sorted(self._kind(kind))

    def families(self, kind: str) -> dict[str, tuple[Family, Plugin]]:
        """The families of a kind, by name, each with the plugin that offers it."""
        self._kind(kind)
        return {name: self._families[each, name] for each, name in sorted(self._families) if each == kind}

    def component(self, kind: str, name: str) -> Component:
        """The component of that name, registered or derived from it, or a PluginError with the nearest match."""
        known = self._kind(kind)
        if name in known:
            return known[name]
        if (kind, name) not in self._derived:
            self._derived[kind, name] = self._derive(kind, name)
        return self._derived[kind, name]

    def _derive(self, kind: str, name: str) -> Component:
        first = name.partition(MEMBER)[0]
        if kind == "regularisers" and len(parts_of(name)) > 1:
            return together(name, lambda part: self.component(kind, part))
        if first != name and (kind, first) in self._families:
            return from_family(kind, name, *self._families[kind, first])
        if kind == "dropout" and first == AVERAGE and first != name:
            return average_of(self.component(kind, name.partition(MEMBER)[2]))
        if kind == "optimiser" and first != name:
            return from_class(kind, name)
        families = [f"{each}{MEMBER}…" for each in self.families(kind)]
        raise PluginError(unknown(kind, name, [*self._kind(kind), *families]))

    def default(self, kind: str) -> str | None:
        """Name of the component that is used where nothing of its kind is named; None where no plugin offers one."""
        return self._defaults[kind].name if kind in self._defaults else None

    def _kind(self, kind: str) -> dict[str, Component]:
        if kind not in self._components:
            raise PluginError(unknown("kind of component", kind, KINDS))
        return self._components[kind]

    def observe(self, event: object) -> None:
        """Hand an event to every observer. One that raises is reported, and ends observing: never the run."""
        if self.has_observers:
            try:
                self._manager.hook.observe(event=event)
            except Exception as error:
                self.has_observers = False
                warnings.warn(f"observers are switched off, one failed: {where(error)}", stacklevel=2)


def build_registry(sources: Iterable[str] = ()) -> Registry:
    """Load the installed plugins (all, or those that HARNESS_PLUGINS names), then the given files and modules."""
    sources = tuple(sources)
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    plugins = installed()
    plugins += [given(source) for source in sources if not any(each.is_file(source) for each in plugins)]
    _check_hooks(plugins)
    registered: list[Plugin] = []
    for plugin in plugins:
        if manager.get_plugin(plugin.name) is not None:
            raise PluginError(f"plugin {plugin.name!r} is given twice")
        twin = next((each for each in registered if each.module is plugin.module), None)
        if twin is not None:
            raise PluginError(f"plugin {twin.name!r} is given twice, the second time as {plugin.name!r}")
        registered.append(plugin)
        try:
            manager.register(plugin.module, name=plugin.name)
        except (pluggy.PluginValidationError, ValueError) as error:
            raise PluginError(f"plugin {plugin.name!r}: {' '.join(str(error).split())}") from error
    manager.check_pending()
    return Registry(manager, plugins, sources)


def _check_marks(plugin: Plugin, hooks: list[str]) -> None:
    """A plugin without a hook does nothing, which nobody means: the mark is forgotten, or the file is no plugin."""
    functions = {name: each for name, each in vars(plugin.module).items() if inspect.isroutine(each)}
    if any(hasattr(each, f"{hookspecs.PROJECT}_impl") for each in functions.values()):
        return
    unmarked = [name for name in hooks if name in functions]
    hint = f"{unmarked[0]} is there, but not marked @harness.hookimpl" if unmarked else f"hooks: {', '.join(hooks)}"
    raise PluginError(f"plugin {plugin.name!r} has no hook; {hint}; harness new plugin NAME writes one that has")


def _check_hooks(plugins: Iterable[Plugin]) -> None:
    known = [*KINDS.values(), "observe"]
    for plugin in plugins:
        _check_marks(plugin, known)
        for name, function in vars(plugin.module).items():
            if not (inspect.isroutine(function) and hasattr(function, f"{hookspecs.PROJECT}_impl")):
                continue
            if name not in known:
                raise PluginError(f"plugin {plugin.name!r}: {unknown('hook', name, known)}")
            allowed = list(inspect.signature(getattr(hookspecs, name)).parameters)
            got = list(inspect.signature(function).parameters)
            if not set(got) <= set(allowed):
                raise PluginError(
                    f"plugin {plugin.name!r}: hook {name} takes ({', '.join(allowed)}), got ({', '.join(got)})"
                )

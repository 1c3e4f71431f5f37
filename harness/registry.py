"""From plugins to components: their names, near misses and collisions."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import pluggy

from harness import hookspecs
from harness.components import Component, component_from
from harness.errors import PluginError, unknown
from harness.hookspecs import KINDS
from harness.loading import Plugin, given, installed, where
from harness.ranges import Domain
from harness.traits import NO_TRAITS, Traits


class Register(Protocol):
    """What a ``register_*`` hook is given."""

    def __call__(
        self,
        name: str,
        component: Callable[..., Any],
        *,
        space: Mapping[str, Domain] | None = None,
        default: bool = False,
        traits: Traits = NO_TRAITS,
    ) -> None:
        """Offer ``component`` under ``name``.

        ``space``: what to search, most important first. ``default``: used where nothing of its kind is named.
        ``traits``: what warnings about a comparison must know.
        """


class Registry:
    """Every component of every loaded plugin, by kind and name."""

    def __init__(self, manager: pluggy.PluginManager, plugins: Iterable[Plugin]) -> None:
        self.plugins = tuple(plugins)
        self._manager = manager
        self._components: dict[str, dict[str, Component]] = {kind: {} for kind in KINDS}
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
        ) -> None:
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

    def names(self, kind: str) -> list[str]:
        """Sorted names of the components of a kind."""
        return sorted(self._kind(kind))

    def component(self, kind: str, name: str) -> Component:
        """The component of that name, or a PluginError with the nearest match."""
        known = self._kind(kind)
        if name not in known:
            raise PluginError(unknown(kind, name, known))
        return known[name]

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
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    plugins = [*installed(), *map(given, sources)]
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
    return Registry(manager, plugins)


def _check_marks(plugin: Plugin, hooks: list[str]) -> None:
    """A plugin without a hook does nothing, which nobody means: the mark is forgotten, or the file is no plugin."""
    functions = {name: each for name, each in vars(plugin.module).items() if inspect.isroutine(each)}
    if any(hasattr(each, f"{hookspecs.PROJECT}_impl") for each in functions.values()):
        return
    unmarked = [name for name in hooks if name in functions]
    hint = f"; {unmarked[0]} is there, but not marked @harness.hookimpl" if unmarked else ""
    raise PluginError(f"plugin {plugin.name!r} has no hook{hint or '; hooks: ' + ', '.join(hooks)}")


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

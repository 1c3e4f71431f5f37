"""Registry: the components of all loaded plugins, by kind and name; ``build_registry`` loads the plugins."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pluggy

from harness.errors import PluginError, place_of, unknown
from harness.plugin import hookspecs
from harness.plugin._collisions import one_plugin_twice, two_components, two_defaults, two_executors, two_families
from harness.plugin._derived import AVERAGE, average_of, from_class, from_family, joined_component
from harness.plugin._loading import Plugin, load_given, load_installed
from harness.plugin.backend import PROCESSES, SERIAL, OpenBackend
from harness.plugin.component import Component, Family, Offer, component_from
from harness.plugin.kinds import KINDS, Kind
from harness.plugin.names import MEMBER, parts_of
from harness.plugin.ranges import Domain
from harness.plugin.traits import NO_TRAITS, Traits

EXECUTORS = "register_executors"


class Registry:
    """Every component of every loaded plugin, or those of some kinds.

    A kind is named as study files name it: ``optimiser``, ``regularisers``. ``plugins``: the loaded plugins, in loading
    order. ``executors``: what opens each executor that a plugin offers, by name. ``sources``: the files and modules
    that the user gave beside the installed plugins; from them ``build_registry`` makes the same registry elsewhere.
    """

    def __init__(
        self, manager: pluggy.PluginManager, plugins: Iterable[Plugin], sources: Iterable[str], kinds: Iterable[Kind]
    ) -> None:
        kinds = tuple(kinds)
        self.plugins = tuple(plugins)
        self.sources = tuple(sources)
        self._manager = manager
        self._components: dict[str, dict[str, Component]] = {kind.choice: {} for kind in kinds}
        self._derived: dict[tuple[str, str], Component] = {}
        self._families: dict[str, dict[str, tuple[Family, Plugin]]] = {kind.choice: {} for kind in kinds}
        self._defaults: dict[str, Component] = {}
        for kind in kinds:
            for plugin in self.plugins:
                self._collect(kind, plugin)
        self.executors: dict[str, OpenBackend] = {}
        takers = dict.fromkeys((PROCESSES, SERIAL), "the harness itself")
        for plugin in self.plugins:
            self._collect_executors(plugin, takers)
        self.has_observers = bool(manager.hook.observe.get_hookimpls())

    def _collect(self, kind: Kind, plugin: Plugin) -> None:
        """Call one plugin's hook of a kind, with a ``register`` that adds to this registry in the plugin's name."""

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
                self._add_family(kind, name.removesuffix(f"{MEMBER}*"), component, plugin)
                return
            known = self._components[kind.choice]
            if name in known:
                raise two_components(kind, name, known[name].plugin, plugin.name)
            offer = Offer(build=component, space=space or {}, traits=traits, average=average)
            known[name] = component_from(kind, name, offer, plugin.provider)
            if default:
                if other := self._defaults.get(kind.choice):
                    raise two_defaults(kind, (other.name, other.plugin), (name, plugin.name))
                self._defaults[kind.choice] = known[name]

        self._call(plugin, kind.hook, register)

    def _call(self, plugin: Plugin, hook: str, register: Callable[..., None]) -> None:
        """Call a hook of one plugin; PluginError with the place where it fails."""
        others = [other.module for other in self.plugins if other is not plugin]
        try:
            self._manager.subset_hook_caller(hook, others)(register=register)
        except PluginError:
            raise
        except Exception as error:
            raise PluginError(f"plugin {plugin.name!r} failed in {hook}: {place_of(error, pluggy)}") from error

    def _collect_executors(self, plugin: Plugin, takers: dict[str, str]) -> None:
        """Add the executors of one plugin. ``takers``: who has taken a name already, which is added to."""

        def register(name: str, open_backend: OpenBackend) -> None:
            if name in takers:
                raise two_executors(name, takers[name], plugin.name)
            if not callable(open_backend):
                raise PluginError(f"plugin {plugin.name!r}: executor {name!r} is no function that opens a backend")
            takers[name] = f"plugin {plugin.name!r}"
            self.executors[name] = open_backend

        self._call(plugin, EXECUTORS, register)

    def _add_family(self, kind: Kind, name: str, family: Any, plugin: Plugin) -> None:
        known = self._families[kind.choice]
        if name in known:
            raise two_families(kind, name, known[name][1].name, plugin.name)
        if not (callable(family) and callable(getattr(family, "names", None))):
            raise PluginError(f"plugin {plugin.name!r}: {kind} family {name!r} needs names() and to be called with one")
        known[name] = family, plugin

    def names(self, kind: str) -> list[str]:
        """Sorted names of a kind's registered components, without derived ones (``a + b``, ``average:x``)."""
        return sorted(self._of_kind(kind))

    def families(self, kind: str) -> dict[str, tuple[Family, Plugin]]:
        """The families of a kind, sorted by name: name → (family, plugin that offers the family)."""
        self._of_kind(kind)
        return dict(sorted(self._families[kind].items()))

    def component(self, kind: str, name: str) -> Component:
        """The component of that name, registered or derived, as the same object at every call.

        PluginError with the nearest match for an unknown name.
        """
        registered = self._of_kind(kind)
        if name in registered:
            return registered[name]
        if (kind, name) not in self._derived:
            self._derived[kind, name] = self._derive(KINDS[kind], name)
        return self._derived[kind, name]

    def _derive(self, kind: Kind, name: str) -> Component:
        first, separator, rest = name.partition(MEMBER)
        families = self._families[kind.choice]
        if kind.is_joined and len(parts_of(name)) > 1:
            return joined_component(name, lambda part: self.component(kind.choice, part))
        if separator and first in families:
            return from_family(kind, name, *families[first])
        if separator and kind.has_average and first == AVERAGE:
            return average_of(self.component(kind.choice, rest))
        if separator and kind.is_class:
            return from_class(kind, name)
        known = [*self._components[kind.choice], *(f"{family}{MEMBER}…" for family in families)]
        raise PluginError(unknown(kind.choice, name, known))

    def default(self, kind: str) -> str | None:
        """Name of the component that a study uses if it names none of the kind; None if no plugin offers a default."""
        return self._defaults[kind].name if kind in self._defaults else None

    def _of_kind(self, kind: str) -> dict[str, Component]:
        if kind not in self._components:
            raise PluginError(unknown("kind of component", kind, self._components))
        return self._components[kind]

    def observe(self, event: object) -> None:
        """Hand an event to every observer. If one raises, a warning says so and observing ends; the run goes on."""
        if self.has_observers:
            try:
                self._manager.hook.observe(event=event)
            except Exception as error:
                self.has_observers = False
                warnings.warn(f"observers are switched off, one failed: {place_of(error, pluggy)}", stacklevel=2)


def build_registry(sources: Iterable[str] = (), kinds: Iterable[Kind] = tuple(KINDS.values())) -> Registry:
    """Load the installed plugins (all, or those that HARNESS_PLUGINS names), then the given files and modules.

    ``kinds``: the kinds whose hooks are called; a caller that needs schedules alone spares the imports of the others.
    PluginError, with plugin and place, for a plugin that cannot be loaded, has no hook, or collides with another.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    sources = tuple(sources)
    plugins = load_installed()
    plugins += [load_given(source) for source in sources if not any(plugin.is_file(source) for plugin in plugins)]
    for plugin in plugins:
        _check_hooks(plugin)
    for number, plugin in enumerate(plugins):
        if manager.get_plugin(plugin.name) is not None:
            raise one_plugin_twice(plugin.name)
        twin = next((earlier for earlier in plugins[:number] if earlier.module is plugin.module), None)
        if twin is not None:
            raise one_plugin_twice(twin.name, plugin.name)
        try:
            manager.register(plugin.module, name=plugin.name)
        except (pluggy.PluginValidationError, ValueError) as error:
            raise PluginError(f"plugin {plugin.name!r}: {' '.join(str(error).split())}") from error
    manager.check_pending()
    return Registry(manager, plugins, sources, kinds)


def _check_hooks(plugin: Plugin) -> None:
    """PluginError for a plugin without a hook, and for a hook that is unknown or takes other arguments."""
    known = [*(kind.hook for kind in KINDS.values()), EXECUTORS, "observe"]
    functions = {name: value for name, value in vars(plugin.module).items() if inspect.isroutine(value)}
    hooks = {name: function for name, function in functions.items() if hasattr(function, f"{hookspecs.PROJECT}_impl")}
    if not hooks:  # nobody means such a plugin: the mark is forgotten, or the file is no plugin
        unmarked = [name for name in known if name in functions]
        hint = f"{unmarked[0]} is there, but not marked @harness.hookimpl" if unmarked else f"hooks: {', '.join(known)}"
        raise PluginError(f"plugin {plugin.name!r} has no hook; {hint}; harness new plugin NAME writes one that has")
    for name, function in hooks.items():
        if name not in known:
            raise PluginError(f"plugin {plugin.name!r}: {unknown('hook', name, known)}")
        allowed = list(inspect.signature(getattr(hookspecs, name)).parameters)
        got = list(inspect.signature(function).parameters)
        if not set(got) <= set(allowed):
            takes = f"takes ({', '.join(allowed)}), got ({', '.join(got)})"
            raise PluginError(f"plugin {plugin.name!r}: hook {name} {takes}")

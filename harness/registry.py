"""From plugins to components: loading, names, hyperparameters, near misses."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import inspect
import os
import sys
import traceback
import types
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import pluggy

from harness import hookspecs
from harness.components import Component, component_from
from harness.errors import PluginError, unknown
from harness.hookspecs import KINDS
from harness.ranges import Domain

ENTRY_POINT_GROUP = "harness"


class Register(Protocol):
    """What a ``register_*`` hook is given."""

    def __call__(
        self,
        name: str,
        component: Callable[..., Any],
        *,
        space: Mapping[str, Domain] | None = None,
        default: bool = False,
    ) -> None:
        """Offer ``component`` under ``name``.

        ``space``: what to search, most important first. ``default``: used where nothing of its kind is named.
        """


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """Where components come from: ``name`` as shown to the user, ``version`` of its distribution or ''."""

    name: str
    version: str
    module: types.ModuleType

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The Python files that it is made of: its whole package, or its one file."""
        file = Path(self.module.__file__ or "")
        return tuple(sorted(file.parent.rglob("*.py"))) if file.name == "__init__.py" else (file,)


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
                files=plugin.files,
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
            raise PluginError(f"plugin {plugin.name!r} failed in {hook}: {_where(error)}") from error

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
                warnings.warn(f"observers are switched off, one failed: {_where(error)}", stacklevel=2)


def build_registry(sources: Iterable[str] = ()) -> Registry:
    """Load the installed plugins (all, or those that HARNESS_PLUGINS names), then the given files and modules."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    plugins = [*_installed(), *map(_given, sources)]
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


def _check_hooks(plugins: Iterable[Plugin]) -> None:
    known = [*KINDS.values(), "observe"]
    for plugin in plugins:
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


def _installed() -> list[Plugin]:
    entry_points = {point.name: point for point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)}
    wanted = os.environ.get("HARNESS_PLUGINS")
    names = sorted(entry_points) if wanted is None else [name.strip() for name in wanted.split(",") if name.strip()]
    plugins = []
    for name in names:
        if name not in entry_points:
            raise PluginError(f"HARNESS_PLUGINS: {unknown('plugin', name, entry_points)}")
        point = entry_points[name]
        module = _import(name, point.load)
        plugins.append(Plugin(name=name, version=point.dist.version if point.dist else "", module=module))
    return plugins


def _given(source: str) -> Plugin:
    path = Path(source)
    if path.suffix == ".py" and not path.is_file():
        raise PluginError(f"cannot load plugin {source!r}: no such file")
    if path.suffix != ".py" and path.is_file():
        raise PluginError(f"cannot load plugin {source!r}: not a Python file (.py)")
    if path.suffix == ".py":
        return Plugin(name=source, version="", module=_import(source, lambda: _load_file(path)))
    return Plugin(name=source, version="", module=_import(source, lambda: importlib.import_module(source)))


def _load_file(path: Path) -> types.ModuleType:
    resolved = path.resolve()
    # The name is a function of the path, so that workers, which load the file again, agree on it.
    name = f"harness_plugin_{path.stem}_{hashlib.sha256(str(resolved).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, resolved)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _import(name: str, load: Callable[[], types.ModuleType]) -> types.ModuleType:
    try:
        return load()
    except PluginError:
        raise
    except Exception as error:
        raise PluginError(f"cannot load plugin {name!r}: {_where(error)}") from error


def _where(error: Exception) -> str:
    """``file:line: Type: message``, the place being the innermost one in strangers' code, if there is one."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: {type(error).__name__}: {error.msg}"
    message = f"{type(error).__name__}: {error}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if not frame.filename.startswith(_MACHINERY):
            return f"{frame.filename}:{frame.lineno}: {message}"
    return message


# Frames of the harness, pluggy and the import system say nothing about where a plugin went wrong.
_MACHINERY = (
    "<",  # the frozen import system, a dataclass's own __init__
    *(f"{Path(module.__file__ or '').parent}{os.sep}" for module in (hookspecs, pluggy, importlib)),
)

"""Loading plugins: installed plugins by entry point; files and modules by the name that the user gives."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import os
import sys
import types
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pluggy

import harness
from harness.errors import PluginError, place_of, unknown
from harness.plugin._collisions import two_entry_points
from harness.plugin.component import Provider
from harness.plugin.relocation import path_of_file

ENTRY_POINT_GROUP = "harness"


API = "HARNESS_PLUGIN_API"
"""The variable in which a plugin's module may name the ``harness.PLUGIN_API`` that it is written for."""


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """A loaded module or package with hooks.

    ``name``: the entry point's, or the file or module as the user named it. ``version``: the distribution's; '' for a
    file, and for a module that the user named.
    """

    name: str
    version: str
    module: types.ModuleType

    @cached_property
    def source(self) -> str:
        """SHA-256 of all the plugin's files together, as hexadecimal text."""
        if self.module not in _digests:
            digest = hashlib.sha256()
            for file in self.files:
                digest.update(file.read_bytes())
            _digests[self.module] = digest.hexdigest()
        return _digests[self.module]

    @property
    def provider(self) -> Provider:
        """The plugin as the provider of its components."""
        return Provider(plugin=self.name, version=self.version, source=self.source)

    def is_file(self, source: str) -> bool:
        """Whether ``source`` names the plugin's own file: an installed plugin may be given by its file as well."""
        return source.endswith(".py") and Path(source).resolve() == Path(self.module.__file__ or "").resolve()

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The plugin's Python files, sorted: every file of a package, or the one file of a module."""
        file = Path(self.module.__file__ or "")
        return tuple(sorted(file.parent.rglob("*.py"))) if file.name == "__init__.py" else (file,)


_digests: weakref.WeakKeyDictionary[types.ModuleType, str] = weakref.WeakKeyDictionary()
"""Module of a plugin → the digest of its files when it was first asked for: a later edit changes no loaded module."""


def load_installed() -> list[Plugin]:
    """Load the plugins of the entry point group: all, or the names in HARNESS_PLUGINS, separated by commas."""
    entry_points: dict[str, importlib.metadata.EntryPoint] = {}
    for point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP):
        first = entry_points.setdefault(point.name, point)
        if first.value != point.value:
            raise two_entry_points(point.name, first.value, point.value)
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


def load_given(source: str) -> Plugin:
    """Load the plugin in a file or module that the user names; PluginError for one that cannot be loaded."""
    path = path_of_file(source)
    if path.suffix == ".py" and not path.is_file():
        raise PluginError(f"cannot load plugin {source!r}: no such file")
    if path.suffix != ".py" and path.is_file():
        raise PluginError(f"cannot load plugin {source!r}: not a Python file (.py)")
    if path.suffix == ".py":
        return Plugin(name=source, version="", module=_import(source, lambda: _load_file(path)))
    return Plugin(name=source, version="", module=_import(source, lambda: _load_module(source)))


def _load_module(name: str) -> types.ModuleType:
    """Import a module by name: an installed module, else one in the current folder, as ``python -m`` does."""
    top = name.partition(".")[0]
    if not _is_importable(top) and _is_here(top):
        sys.path.append(str(Path.cwd()))
        importlib.invalidate_caches()
    return importlib.import_module(name)


def is_there(source: str) -> bool:
    """Whether ``source`` may name a plugin: it is the name of a Python file, or of a module that can be imported."""
    top = source.partition(".")[0]
    return source.endswith(".py") or _is_importable(top) or _is_here(top)


def _is_importable(top: str) -> bool:
    return top.isidentifier() and importlib.util.find_spec(top) is not None


def _is_here(top: str) -> bool:
    return top.isidentifier() and (Path(f"{top}.py").is_file() or Path(top).is_dir())


def _load_file(path: Path) -> types.ModuleType:
    resolved = path.resolve()
    # The name is a function of the path, so that workers, which load the file again, agree on it.
    name = f"harness_plugin_{path.stem}_{hashlib.sha256(str(resolved).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, resolved)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    twin = getattr(sys.modules.get(name), "__spec__", None)
    if twin is not None and twin.loader_state == _UNDER_WAY:
        raise PluginError(
            f"plugin {str(path)!r} loads itself; what a script does beside registering belongs below "
            "if __name__ == '__main__':"
        )
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader_state = _UNDER_WAY
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    spec.loader_state = None
    return module


_UNDER_WAY = "being loaded"
"""The mark on the spec of a plugin's file while the file is executed: a file that loads itself is noticed by it."""


def _import(name: str, load: Callable[[], types.ModuleType]) -> types.ModuleType:
    """The module that ``load`` gives; PluginError if loading fails, or the module asks for another plugin API."""
    try:
        module = load()
    except PluginError:
        raise
    except Exception as error:
        raise PluginError(f"cannot load plugin {name!r}: {place_of(error, pluggy)}") from error
    wanted = getattr(module, API, None)
    if wanted is not None and wanted != harness.PLUGIN_API:
        raise PluginError(
            f"cannot load plugin {name!r}: it asks for {API} = {wanted!r}, "
            f"harness {harness.__version__} has {harness.PLUGIN_API}: get the plugin's version for it"
        )
    return module

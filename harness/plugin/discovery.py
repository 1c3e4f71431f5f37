"""The components that a file, folder, module or installed plugin offers: what ``harness check SOURCE`` checks."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from harness.errors import PluginError, unknown
from harness.plugin._loading import ENTRY_POINT_GROUP, is_there, load_given, load_installed
from harness.plugin.component import Component
from harness.plugin.kinds import KINDS, OPTIMISER
from harness.plugin.names import MEMBER
from harness.plugin.registry import build_registry

Given = Mapping[tuple[str, str], Mapping[str, object]]
"""Kind (as study files name it) and name of a component → values of its hyperparameters."""


@dataclass(frozen=True, kw_only=True)
class Offered:
    """What a plugin offers: its registered ``components``, and its ``families`` as (kind, name).

    The members of a family are not among the components: there may be hundreds, and making them costs an import.
    """

    components: Sequence[Component]
    families: Sequence[tuple[str, str]] = ()


def find_components(source: str, plugins: Sequence[str] = ()) -> Offered:
    """What a source offers: a plugin's file, folder, module or installed name; or ``family:member``, ``module:Class``.

    ``plugins``: sources to load beside it. PluginError for a source that is missing or cannot be loaded.
    """
    if MEMBER in source and source.rpartition(MEMBER)[2].isidentifier():
        registry = build_registry(plugins)
        families = [kind for kind in KINDS if source.partition(MEMBER)[0] in registry.families(kind)]
        return Offered(components=[registry.component((families or [OPTIMISER.choice])[0], source)])
    names, sources, known = set(), list(plugins), load_installed()
    for module in _entry_points(Path(source)) if Path(source).is_dir() else [source]:
        twin = next(
            (plugin for plugin in known if plugin.is_file(module) or module in (plugin.name, plugin.module.__name__)),
            None,
        )
        names.add(twin.name if twin else module)
        if twin is None and not is_there(module):
            raise PluginError(unknown("file, module or plugin", module, (plugin.name for plugin in known)))
        if twin is None and module not in plugins:
            sources.append(module)
    registry = build_registry(sources)
    components = [registry.component(kind, name) for kind in KINDS for name in registry.names(kind)]
    return Offered(
        components=[component for component in components if component.plugin in names],
        families=[
            (kind, name)
            for kind in KINDS
            for name, (_, plugin) in registry.families(kind).items()
            if plugin.name in names
        ],
    )


def _entry_points(folder: Path) -> list[str]:
    """The plugin modules that a folder's pyproject.toml declares. The folder is added to sys.path, to import them."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        entry_points = dict(project["project"]["entry-points"][ENTRY_POINT_GROUP])
    except (OSError, KeyError, ValueError):
        raise PluginError(
            f"{folder}: no pyproject.toml with [project.entry-points.{ENTRY_POINT_GROUP}] here; "
            "name a file or a module, or write a package with harness new plugin NAME"
        ) from None
    sys.path[:0] = [str(path.resolve()) for path in (folder / "src", folder) if path.is_dir()]
    return [str(value).partition(":")[0] for value in entry_points.values()]


def module_of(source: str) -> ModuleType:
    """The module that ``file.py`` or a module's name stands for, loaded as a plugin's; PluginError with the reason."""
    return load_given(source).module

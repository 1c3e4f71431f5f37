"""What a plugin offers, wherever it lies: for ``harness check FILE``."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import PluginError, unknown
from harness.plugin._loading import ENTRY_POINT_GROUP, installed, is_there
from harness.plugin.component import Component
from harness.plugin.kinds import KINDS
from harness.plugin.names import MEMBER
from harness.plugin.registry import build_registry

Given = Mapping[tuple[str, str], Mapping[str, object]]
"""Kind and name of a component → values of its hyperparameters."""


@dataclass(frozen=True, kw_only=True)
class Offered:
    """``components``, and ``families``: kinds and names of what is only looked up when one of it is named."""

    components: Sequence[Component]
    families: Sequence[tuple[str, str]] = ()


def find_components(source: str, plugins: Sequence[str] = ()) -> Offered:
    """What the plugin offers that is a file, a folder, a module or installed; or the one optimiser ``module:Class``."""
    if MEMBER in source and source.rpartition(MEMBER)[2].isidentifier():
        registry = build_registry(plugins)
        kinds = [kind for kind in KINDS if source.partition(MEMBER)[0] in registry.families(kind)]
        return Offered(components=[registry.component((kinds or ["optimiser"])[0], source)])
    names, more, known = set(), list(plugins), installed()
    for each in _entry_points(Path(source)) if Path(source).is_dir() else [source]:
        twin = next(
            (other for other in known if other.is_file(each) or each in (other.name, other.module.__name__)), None
        )
        names.add(twin.name if twin else each)
        if twin is None and not is_there(each):
            raise PluginError(unknown("file, module or plugin", each, (other.name for other in known)))
        if twin is None and each not in plugins:
            more.append(each)
    registry = build_registry(more)
    found = [registry.component(kind, name) for kind in KINDS for name in registry.names(kind)]
    families = [
        (kind, name) for kind in KINDS for name, (_, plugin) in registry.families(kind).items() if plugin.name in names
    ]
    return Offered(components=[each for each in found if each.plugin in names], families=families)


def _entry_points(folder: Path) -> list[str]:
    """The plugin modules of a package's folder, which can be imported from then on."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        found = dict(project["project"]["entry-points"][ENTRY_POINT_GROUP])
    except (OSError, KeyError, ValueError):
        raise PluginError(
            f"{folder}: no pyproject.toml with [project.entry-points.{ENTRY_POINT_GROUP}] here; "
            "name a file or a module, or write a package with harness new plugin NAME"
        ) from None
    sys.path[:0] = [str(path.resolve()) for path in (folder / "src", folder) if path.is_dir()]
    return [str(each).partition(":")[0] for each in found.values()]

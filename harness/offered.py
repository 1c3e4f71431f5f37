"""What a plugin offers, wherever it lies: for ``harness check FILE``."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.components import Component
from harness.derived import MEMBER
from harness.errors import PluginError, unknown
from harness.hookspecs import KINDS, PROJECT
from harness.loading import ENTRY_POINT_GROUP, Plugin, given, installed
from harness.names import split_name
from harness.registry import build_registry

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
    names, more = set(), list(plugins)
    for each in _entry_points(Path(source)) if Path(source).is_dir() else [source]:
        twin = next((other for other in installed() if _is(other, each)), None)
        names.add(twin.name if twin else each)
        if twin is None and each not in plugins:
            _check_hooks(each)
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


def _is(plugin: Plugin, source: str) -> bool:
    """Whether an installed plugin is meant: by its name, its module or its very file."""
    file = plugin.module.__file__
    if source.endswith(".py"):
        return file is not None and Path(source).resolve() == Path(file).resolve()
    return source in (plugin.name, plugin.module.__name__)


def _check_hooks(source: str) -> None:
    """Tell a beginner what is missing where there is no hook at all; what else may be wrong the registry says."""
    words = source.split(".")
    is_module = all(word.isidentifier() for word in words) and importlib.util.find_spec(words[0]) is not None
    if not (source.endswith(".py") or is_module):
        raise PluginError(unknown("file, module or plugin", source, (each.name for each in installed())))
    names = vars(given(source).module)
    marked = any(hasattr(each, f"{PROJECT}_impl") for each in names.values())
    if not marked and names.keys().isdisjoint([*KINDS.values(), "observe"]):
        raise PluginError(
            f"{source}: has no hook, so that it registers nothing. A hook is\n"
            f"  @harness.hookimpl\n"
            f"  def {KINDS['optimiser']}(register):\n"
            f'      register("a-name", AClass)\n'
            f"and harness new plugin NAME --kind KIND writes a package that has one"
        )


def values_of(overrides: Iterable[str], components: Iterable[Component]) -> Given:
    """``KIND.NAME.HYPERPARAMETER=VALUE`` for components that are checked; PluginError for anything else."""
    known = {(each.kind, each.name): each for each in components}
    found: dict[tuple[str, str], dict[str, object]] = defaultdict(dict)
    for override in overrides:
        key, equals, text = override.partition("=")
        kind, name, hyperparameter = split_name(key.strip())
        if not (equals and hyperparameter):
            raise PluginError(f"--set {override}: write KIND.NAME.HYPERPARAMETER=VALUE, as in optimiser.adam.lr=1e-3")
        if (kind, name) not in known:
            raise PluginError(f"--set {override}: {unknown('component', f'{kind}.{name}', map('.'.join, known))}")
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except (ValueError, RecursionError):
            value = text.strip()
        found[kind, name] |= known[kind, name].check({hyperparameter: value})
    return found

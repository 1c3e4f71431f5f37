"""Loading plugins: installed ones by entry point, given ones by file or module."""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import importlib.util
import os
import sys
import traceback
import types
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pluggy

import harness
from harness.errors import PluginError, unknown

ENTRY_POINT_GROUP = "harness"


@dataclass(frozen=True, kw_only=True)
class Plugin:
    """Where components come from: ``name`` as shown to the user, ``version`` of its distribution or ''."""

    name: str
    version: str
    module: types.ModuleType

    @cached_property
    def source(self) -> str:
        """Hash of its files."""
        digest = hashlib.sha256()
        for file in self.files:
            digest.update(file.read_bytes())
        return digest.hexdigest()

    def is_file(self, source: str) -> bool:
        """Whether it is what that file holds: one that is installed may be given by its file as well."""
        return source.endswith(".py") and Path(source).resolve() == Path(self.module.__file__ or "").resolve()

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The Python files that it is made of: its whole package, or its one file."""
        file = Path(self.module.__file__ or "")
        return tuple(sorted(file.parent.rglob("*.py"))) if file.name == "__init__.py" else (file,)


def installed() -> list[Plugin]:
    """The plugins of the entry point group: all, or those that HARNESS_PLUGINS names, separated by commas."""
    entry_points: dict[str, importlib.metadata.EntryPoint] = {}
    for point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP):
        other = entry_points.setdefault(point.name, point)
        if other.value != point.value:
            raise PluginError(f"two installed plugins are called {point.name!r}: {other.value} and {point.value}")
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


def given(source: str) -> Plugin:
    """The plugin of a file or module that the user names."""
    path = Path(source)
    if path.suffix == ".py" and not path.is_file():
        raise PluginError(f"cannot load plugin {source!r}: no such file")
    if path.suffix != ".py" and path.is_file():
        raise PluginError(f"cannot load plugin {source!r}: not a Python file (.py)")
    if path.suffix == ".py":
        return Plugin(name=source, version="", module=_import(source, lambda: _load_file(path)))
    return Plugin(name=source, version="", module=_import(source, lambda: _load_module(source)))


def _load_module(name: str) -> types.ModuleType:
    """From the installed ones, else from the folder that the command is run in, as ``python -m`` does it."""
    top = name.partition(".")[0]
    if not _is_importable(top) and _is_here(top):
        sys.path.append(str(Path.cwd()))
        importlib.invalidate_caches()
    return importlib.import_module(name)


def is_there(source: str) -> bool:
    """Whether a file or module of that name can be looked for at all: a misspelt one cannot."""
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


def _import(name: str, load: Callable[[], types.ModuleType]) -> types.ModuleType:
    try:
        return load()
    except PluginError:
        raise
    except Exception as error:
        raise PluginError(f"cannot load plugin {name!r}: {where(error)}") from error


def where(error: Exception) -> str:
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
    *(f"{Path(module.__file__ or '').parent}{os.sep}" for module in (harness, pluggy, importlib)),
)

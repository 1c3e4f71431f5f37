"""Where the code of a plugin lies that the user gave on another machine: a worker keeps it in a folder of its own."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

_FOLDERS: dict[str, Path] = {}
"""File or module, as the user named it → the folder of its code here. A process is one worker, so this is its own."""


def relocate(source: str, folder: Path | None) -> None:
    """From now on, load a file or a module from ``folder``; from under its own name where that is None.

    A module that was loaded before is forgotten: it may be another version.
    """
    before = _FOLDERS.pop(source, None)
    if folder is not None:
        _FOLDERS[source] = folder
    if source.endswith(".py"):
        return
    if before is not None and str(before) in sys.path:
        sys.path.remove(str(before))
    if folder is not None:
        sys.path.insert(0, str(folder))
    top = source.partition(".")[0]
    for name in [name for name in sys.modules if name == top or name.startswith(f"{top}.")]:
        del sys.modules[name]
    importlib.invalidate_caches()


def path_of_file(source: str) -> Path:
    """Where the file lies that the user named so."""
    return _FOLDERS[source] / Path(source).name if source in _FOLDERS else Path(source)

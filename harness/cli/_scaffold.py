"""A plugin's first package, for ``harness new plugin``: it installs and passes its tests as it is written."""

from __future__ import annotations

import importlib.machinery
import keyword
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import PluginError
from harness.plugin.kinds import KINDS

_TEMPLATES = Path(__file__).parent / "templates"


_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*", re.ASCII)


_OPTIONS = ("problem", "optimiser")
"""Kinds that ``harness train`` has an option for."""


LONGEST = 24
"""Letters of a name: with more the lines of the package would become too long."""


@dataclass(frozen=True, kw_only=True)
class Package:
    """What was written, in order. ``train``: the options with which ``harness train`` takes the component."""

    module: Path
    study: Path
    files: tuple[Path, ...]
    train: str


def write_plugin(name: str, kind: str, folder: Path) -> Package:
    """Write the package of one component; PluginError for a name that cannot be used and for a file that is there."""
    module = _module_of(name)
    train = f"--{kind} {name}" if kind in _OPTIONS else f"--set {kind}={name}"
    words = {
        "name": name,
        "kind": kind,
        "noun": KINDS[kind].noun,
        "article": KINDS[kind].article,
        "module": module,
        "class_name": module.title().replace("_", ""),
        "kit": f"{KINDS[kind].name.title().replace('_', '')}Tests",
        "train": train,
    }
    sources = {
        f"{module}.py": f"{kind}.py",
        f"tests/test_{module}.py": "test.py",
        f"{module}.toml": f"{kind}.toml",
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
    }
    texts = {folder / target: _render(source, words) for target, source in sources.items()}
    for path in texts:
        if path.exists():
            raise PluginError(f"{path}: is there already, and nothing is overwritten: choose another name or --to")
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PluginError(f"{folder}: cannot be written: {(error.strerror or str(error)).lower()}") from None
    return Package(module=folder / f"{module}.py", study=folder / f"{module}.toml", files=tuple(texts), train=train)


def _module_of(name: str) -> str:
    """The module's name, which no other has."""
    if not _NAME.fullmatch(name) or len(name) > LONGEST:
        raise PluginError(
            f"a plugin's name is up to {LONGEST} lower-case letters and digits, '-' or '_' between them, "
            f"a letter first, got {name!r}"
        )
    module = name.replace("-", "_")
    is_there = importlib.machinery.PathFinder.find_spec(module)
    if module in sys.stdlib_module_names or keyword.iskeyword(module) or (is_there and is_there.origin):
        raise PluginError(f"{name!r} cannot be a plugin's name: Python has a module or word {module!r} already")
    return module


def _render(source: str, words: Mapping[str, str]) -> str:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    )
    return environment.get_template(f"{source}.jinja").render(words)

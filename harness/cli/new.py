"""The command ``new plugin``: write a package with a plugin that installs and passes its tests as it is."""

from __future__ import annotations

import importlib.machinery
import keyword
import re
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from harness import files
from harness.cli._options import say
from harness.errors import PluginError
from harness.plugin.kinds import KINDS

_TEMPLATES = Path(__file__).parent / "templates"


_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*", re.ASCII)


_OPTIONS = ("problem", "optimiser")
"""Kinds for which ``harness train`` has an option."""


LONGEST = 24
"""The most letters of a name; with more, lines of the package would become too long."""


@click.group()
def new() -> None:
    """Begin something of your own: a plugin."""


@new.command()
@click.argument("name")
@click.option(
    "--kind", type=click.Choice(list(KINDS)), default="optimiser", show_default=True, help="What it is to offer."
)
@click.option("--to", type=click.Path(path_type=Path, file_okay=False), help="Folder of the package  [default: NAME]")
def plugin(name: str, kind: str, to: Path | None) -> None:
    """Write a package: component, test, study, README.

    The package installs and passes its test as it is; its study compares its component with the default of the kind.
    Change the component into yours.
    """
    from harness.plugin.registry import build_registry

    registry = build_registry()
    if name in registry.names(kind):
        owner = registry.component(kind, name).plugin
        raise PluginError(f"{kind} {name!r} is there already, from plugin {owner!r}: choose another name")
    package = write_plugin(name, kind, to or Path(name))
    module, study = (shlex.quote(str(path)) for path in (package.module, package.study))
    say("".join(f"wrote {path}\n" for path in package.files), nl=False)
    say("next:")
    say(f"  harness check {module}")
    say(f"  harness train {package.train} --plugin {module}")
    say(f"  harness run {study} --plugin {module}")


@dataclass(frozen=True, kw_only=True)
class Package:
    """The written files. ``train``: the options with which ``harness train`` uses the component."""

    module: Path
    study: Path
    files: tuple[Path, ...]
    train: str


def write_plugin(name: str, kind: str, folder: Path) -> Package:
    """Write a package with one component; PluginError for a name that cannot be used, and if a file exists already."""
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
            files.write_bytes(path, text.encode())
    except OSError as error:
        raise PluginError(f"{folder}: cannot be written: {files.reason_of(error)}") from None
    return Package(module=folder / f"{module}.py", study=folder / f"{module}.toml", files=tuple(texts), train=train)


def _module_of(name: str) -> str:
    """The module's name; PluginError for a malformed name, and if Python has a module or keyword of that name."""
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

"""The command that begins a plugin: new."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from harness.errors import PluginError
from harness.plugin.kinds import KINDS


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

    It passes its test and installs as it is, and the study compares its component with the usual one of its kind. The
    component is there to be changed into yours.
    """
    from harness.cli._scaffold import write_plugin
    from harness.plugin.registry import build_registry

    registry = build_registry()
    if name in registry.names(kind):
        owner = registry.component(kind, name).plugin
        raise PluginError(f"{kind} {name!r} is there already, from plugin {owner!r}: choose another name")
    package = write_plugin(name, kind, to or Path(name))
    module, study = (shlex.quote(str(path)) for path in (package.module, package.study))
    click.echo("".join(f"wrote {path}\n" for path in package.files), nl=False)
    click.echo("next:")
    click.echo(f"  harness check {module}")
    click.echo(f"  harness train {package.train} --plugin {module}")
    click.echo(f"  harness run {study} --plugin {module}")

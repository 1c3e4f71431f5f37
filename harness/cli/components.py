"""The commands that show what a study may name: list, show."""

from __future__ import annotations

import click

from harness.cli._options import json_option, plugin_option, width
from harness.errors import HarnessError
from harness.plugin.kinds import KINDS


@click.command(name="list")
@click.argument("kind", type=click.Choice(list(KINDS)), required=False)
@click.argument("pattern", default="*")
@plugin_option
@json_option
def list_(kind: str | None, pattern: str, plugins: tuple[str, ...], as_json: bool) -> None:
    """List the components: what a study may name. PATTERN: of names, such as 'ada*' or 'FAMILY:*'."""
    from harness.cli._catalogue import list_components
    from harness.plugin.registry import build_registry

    click.echo(list_components(build_registry(plugins), kind, pattern, as_json=as_json, width=width()), nl=False)


def _complete_component(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from harness.plugin.registry import build_registry

    try:
        names = build_registry(ctx.params.get("plugins") or ()).names(ctx.params.get("kind") or "")
    except HarnessError:  # the shell is no place for it
        return []
    return [name for name in names if name.startswith(incomplete)]


@click.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("name", shell_complete=_complete_component)
@plugin_option
@json_option
def show(kind: str, name: str, plugins: tuple[str, ...], as_json: bool) -> None:
    """Show a component: its hyperparameters, their defaults and ranges."""
    from harness.cli._catalogue import show_component
    from harness.plugin.registry import build_registry

    component = build_registry(plugins).component(kind, name)
    click.echo(show_component(component, as_json=as_json, width=width()), nl=False)

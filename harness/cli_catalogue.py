"""The commands that show what there is to name, and what a study file would run: list, show, check."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli_options import json_option, plugin_option, set_option, width
from harness.errors import HarnessError
from harness.hookspecs import KINDS


@click.command(name="list")
@click.argument("kind", type=click.Choice(list(KINDS)), required=False)
@plugin_option
@json_option
def list_(kind: str | None, plugins: tuple[str, ...], as_json: bool) -> None:
    """List the components: what a study may name."""
    from harness.catalogue import list_components
    from harness.registry import build_registry

    click.echo(list_components(build_registry(plugins), kind, as_json=as_json, width=width()), nl=False)


def _complete_component(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from harness.registry import build_registry

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
    from harness.catalogue import show_component
    from harness.registry import build_registry

    component = build_registry(plugins).component(kind, name)
    click.echo(show_component(component, as_json=as_json, width=width()), nl=False)


@click.command()
@click.argument("study", type=click.Path(path_type=Path))
@set_option
@plugin_option
@json_option
def check(study: Path, overrides: tuple[str, ...], plugins: tuple[str, ...], as_json: bool) -> None:
    """Check a study file, with its problem's data, and show what it would run."""
    from harness.catalogue import show_plan
    from harness.plan import plan_from_file
    from harness.registry import build_registry

    plan = plan_from_file(study, overrides, build_registry(plugins))
    click.echo(show_plan(plan, as_json=as_json, width=width()), nl=False)

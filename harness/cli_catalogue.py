"""The commands that show what there is to name, and what a study file would run: list, show, check."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from harness.cli_options import FAILED, json_option, plugin_option, set_option, width
from harness.errors import HarnessError
from harness.hookspecs import KINDS


@click.command(name="list")
@click.argument("kind", type=click.Choice(list(KINDS)), required=False)
@click.argument("pattern", default="*")
@plugin_option
@json_option
def list_(kind: str | None, pattern: str, plugins: tuple[str, ...], as_json: bool) -> None:
    """List the components: what a study may name. PATTERN: of names, such as 'ada*' or 'FAMILY:*'."""
    from harness.catalogue import list_components
    from harness.registry import build_registry

    click.echo(list_components(build_registry(plugins), kind, pattern, as_json=as_json, width=width()), nl=False)


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
@click.argument("subject", metavar="STUDY|PLUGIN")
@set_option
@plugin_option
@json_option
def check(subject: str, overrides: tuple[str, ...], plugins: tuple[str, ...], as_json: bool) -> None:
    """Check a study file, or a plugin.

    STUDY: a .toml file. Every fault in it, with its line, or what it would run on its problem's data.

    PLUGIN: a .py file, a package's folder, a module, the name of an installed plugin, or module:Class of an optimiser.
    Trains with each of its components in many small ways, and says what is wrong in plain words. --set gives what has
    no default.
    """
    path = Path(subject)
    if path.suffix != ".toml" and (path.suffix == ".py" or not path.is_file()):
        _check_plugin(subject, overrides, plugins, as_json)
        return
    from harness.catalogue import show_plan
    from harness.plan import plan_from_file
    from harness.registry import build_registry

    plan = plan_from_file(path, overrides, build_registry(plugins))
    click.echo(show_plan(plan, as_json=as_json, width=width()), nl=False)


def _check_plugin(source: str, overrides: tuple[str, ...], plugins: tuple[str, ...], as_json: bool) -> None:
    from harness.checkup import examine_all, show_examined, show_summary, to_json
    from harness.offered import find_components, values_of

    offered = find_components(source, plugins)
    every = []
    for examined in examine_all(offered.components, values_of(overrides, offered.components)):
        every.append(examined)
        click.echo("" if as_json else show_examined(examined), nl=False)
    click.echo(to_json(every, offered.families) if as_json else show_summary(every, offered.families), nl=False)
    sys.exit(FAILED if any(each.faults for each in every) else 0)

"""The command ``check``: a study file, or a plugin."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from harness.cli._options import FAILED, json_option, plugin_option, set_option, width


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
    from harness.cli._catalogue import show_plan
    from harness.plugin.registry import build_registry
    from harness.study.plan import plan_from_file

    plan = plan_from_file(path, overrides, build_registry(plugins))
    click.echo(show_plan(plan, as_json=as_json, width=width()), nl=False)


def _check_plugin(source: str, overrides: tuple[str, ...], plugins: tuple[str, ...], as_json: bool) -> None:
    from harness.cli._examined import show_examined, show_summary, to_json, values_of
    from harness.conformance.kit import examine_all
    from harness.plugin.discovery import find_components

    offered = find_components(source, plugins)
    every = []
    for examined in examine_all(offered.components, values_of(overrides, offered.components)):
        every.append(examined)
        click.echo("" if as_json else show_examined(examined), nl=False)
    click.echo(to_json(every, offered.families) if as_json else show_summary(every, offered.families), nl=False)
    sys.exit(FAILED if any(each.faults for each in every) else 0)

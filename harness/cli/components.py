"""The commands ``list`` and ``show``: the components that a study may name."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import asdict
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import click

from harness.cli._options import json_option, json_text, plugin_option, say, width
from harness.errors import HarnessError, PluginError, unknown
from harness.plugin.kinds import KINDS, LR_SCHEDULE
from harness.plugin.names import MEMBER
from harness.wording import show as shown

if TYPE_CHECKING:
    from harness.plugin.component import Component, Hyperparameter
    from harness.plugin.registry import Registry


@click.command(name="list")
@click.argument("kind", type=click.Choice(list(KINDS)), required=False)
@click.argument("pattern", default="*")
@plugin_option
@json_option
def list_(kind: str | None, pattern: str, plugins: tuple[str, ...], as_json: bool) -> None:
    """List the components that a study may name. PATTERN: names to show, such as 'ada*' or 'FAMILY:*'."""
    from harness.plugin.registry import build_registry

    registry = build_registry(plugins, [KINDS[kind]] if kind else KINDS.values())
    say(list_components(registry, kind, pattern, as_json=as_json, width=width()), nl=False)


def _complete_component(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from harness.plugin.registry import build_registry

    try:
        kind = ctx.params.get("kind") or ""
        names = build_registry(ctx.params.get("plugins") or (), [KINDS[kind]] if kind else ()).names(kind)
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
    from harness.plugin.registry import build_registry

    component = build_registry(plugins, [KINDS[kind]]).component(kind, name)
    say(show_component(component, as_json=as_json, width=width()), nl=False)


def list_components(registry: Registry, kind: str | None, pattern: str, *, as_json: bool, width: int | None) -> str:
    """The components of one kind, or of all kinds, whose names fit a pattern; PluginError if no name fits.

    A family is one line, unless the pattern names its members: ``family:*``.
    """
    from harness.report.formats import text_table

    kinds = [kind] if kind else list(KINDS)
    entries = [entry for choice in kinds for entry in _entries(registry, choice, pattern)]
    if not entries:
        names = [name for choice in kinds for name in registry.names(choice)]
        raise PluginError(unknown(kind or "component", pattern, names))
    if as_json:
        return json_text(entries)
    rows = [[entry["kind"], entry["name"], entry["description"], entry["plugin"]] for entry in entries]
    return text_table(["kind", "name", "what it is", "plugin"], rows, [False] * 4, width)


def _entries(registry: Registry, kind: str, pattern: str) -> Iterator[dict[str, Any]]:
    """The components of a kind as plain data, then its families, or the families' members that fit the pattern."""
    for name in registry.names(kind):
        if fnmatchcase(name, pattern):
            yield component_json(registry.component(kind, name))
    for family, (members, plugin) in registry.families(kind).items():
        whole = f"{family}{MEMBER}*"
        if fnmatchcase(whole, pattern) and pattern != whole:
            description = f"{(inspect.getdoc(members) or '').partition(chr(10))[0]} (harness list {kind} '{whole}')"
            yield {"kind": kind, "name": whole, "description": description, "plugin": plugin.name}
        elif pattern.startswith(f"{family}{MEMBER}"):
            for member in sorted(members.names()):
                if fnmatchcase(name := f"{family}{MEMBER}{member}", pattern):
                    yield _member(registry, kind, name, plugin.name)


def _member(registry: Registry, kind: str, name: str, plugin: str) -> dict[str, Any]:
    """A member of a family as plain data, or why it cannot be used."""
    try:
        return component_json(registry.component(kind, name))
    except PluginError as error:
        return {"kind": kind, "name": name, "description": f"cannot be used: {error}", "plugin": plugin}


def show_component(component: Component, *, as_json: bool, width: int | None) -> str:
    """One component with its hyperparameters, the most important first."""
    from harness.report.formats import text_table

    if as_json:
        return json_text(component_json(component))
    origin = " ".join(word for word in (component.plugin, component.version) if word)
    lines = [
        f"{component.kind} {component.name}   (plugin {origin})",
        "",
        inspect.getdoc(component.build) or "",
        "",
    ]
    rows = [
        [
            name,
            hyperparameter.type.__name__ if hyperparameter.is_typed else "any",
            _default(hyperparameter),
            str(component.space.get(name, "")) or _allowed(hyperparameter),
        ]
        for name, hyperparameter in _by_importance(component)
    ]
    table = text_table(["hyperparameter", "type", "default", "searched in"], rows, [False] * 4, width)
    return "\n".join([*lines, table if rows else "no hyperparameters\n"]) + _drawn(component)


def _default(hyperparameter: Hyperparameter) -> str:
    if hyperparameter.is_required:
        return "required"
    return shown(hyperparameter.default) if hyperparameter.default is not None else f"{hyperparameter.unset}, left out"


def _allowed(hyperparameter: Hyperparameter) -> str:
    return f"one of {', '.join(map(str, hyperparameter.allowed))}" if hyperparameter.allowed else ""


def _drawn(component: Component) -> str:
    """A plot of a schedule at its defaults; '' for another kind, and if a hyperparameter has no default."""
    from harness.plugin.schedule import course, mean_over_training
    from harness.report.plot import plot

    if not component.kind.is_schedule or component.defaults.keys() != component.hyperparameters.keys():
        return ""
    curve = plot(course(component, component.defaults, 60), "at the defaults, over the share of the steps taken")
    if component.kind == LR_SCHEDULE:
        return f"\nfactor on each lr\n{curve}"
    mean = mean_over_training(component, component.defaults)
    return f"\ndrop rate, on average {shown(mean)}\n{curve}"


def component_json(component: Component) -> dict[str, Any]:
    """A component as plain data."""
    return {
        "kind": component.kind.choice,
        "name": component.name,
        "description": component.description,
        "reference": component.reference,
        **component.origin,
        "hyperparameters": {
            name: {
                "type": hyperparameter.type.__name__,
                "default": hyperparameter.default,
                "required": hyperparameter.is_required,
                "unset": hyperparameter.unset,
                "allowed": list(hyperparameter.allowed),
                "space": asdict(component.space[name]) if name in component.space else None,
            }
            for name, hyperparameter in _by_importance(component)
        },
    }


def _by_importance(component: Component) -> list[tuple[str, Hyperparameter]]:
    """(name, hyperparameter): the searched ones in the order of the space, then the others."""
    order = [*component.space, *(name for name in component.hyperparameters if name not in component.space)]
    return [(name, component.hyperparameters[name]) for name in order]

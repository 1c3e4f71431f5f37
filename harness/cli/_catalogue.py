"""What there is, for ``harness list``, ``show`` and ``check``."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from dataclasses import asdict
from fnmatch import fnmatchcase
from typing import Any

from harness.errors import PluginError, unknown
from harness.phases.workload import count_runs
from harness.plugin.component import Component, Hyperparameter
from harness.plugin.kinds import KINDS, LR_SCHEDULE
from harness.plugin.names import MEMBER
from harness.plugin.registry import Registry
from harness.plugin.schedule import course, mean_over_training
from harness.report.formats import text_table
from harness.report.plot import plot
from harness.study.plan import Plan
from harness.wording import show


def list_components(registry: Registry, kind: str | None, pattern: str, *, as_json: bool, width: int | None) -> str:
    """The components of one kind, or of all, whose names fit a pattern; PluginError if it has members that none fits.

    A family is one line, unless the pattern looks into it: ``family:*``.
    """
    found = [each for one in ([kind] if kind else KINDS) for each in _entries(registry, one, pattern)]
    if not found:
        names = [name for one in ([kind] if kind else KINDS) for name in registry.names(one)]
        raise PluginError(unknown(kind or "component", pattern, names))
    if as_json:
        return _json(found)
    rows = [[each["kind"], each["name"], each["description"], each["plugin"]] for each in found]
    return text_table(["kind", "name", "what it is", "plugin"], rows, [False] * 4, width)


def _entries(registry: Registry, kind: str, pattern: str) -> Iterator[dict[str, Any]]:
    for name in registry.names(kind):
        if fnmatchcase(name, pattern):
            yield component_json(registry.component(kind, name))
    for family, (members, plugin) in registry.families(kind).items():
        whole = f"{family}{MEMBER}*"
        if fnmatchcase(whole, pattern) and pattern != whole:
            told = f"{(inspect.getdoc(members) or '').partition(chr(10))[0]} (harness list {kind} '{whole}')"
            yield {"kind": kind, "name": whole, "description": told, "plugin": plugin.name}
        elif pattern.startswith(f"{family}{MEMBER}"):
            for member in sorted(members.names()):
                if fnmatchcase(name := f"{family}{MEMBER}{member}", pattern):
                    yield _member(registry, kind, name, plugin.name)


def _member(registry: Registry, kind: str, name: str, plugin: str) -> dict[str, Any]:
    """A member of a family, or why it cannot be used."""
    try:
        return component_json(registry.component(kind, name))
    except PluginError as error:
        return {"kind": kind, "name": name, "description": f"cannot be used: {error}", "plugin": plugin}


def show_component(component: Component, *, as_json: bool, width: int | None) -> str:
    """One component, with its hyperparameters in order of importance."""
    if as_json:
        return _json(component_json(component))
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
            each.type.__name__,
            "required" if each.default is None else show(each.default),
            str(component.space.get(name, "")) or _allowed(each),
        ]
        for name, each in _by_importance(component)
    ]
    table = text_table(["hyperparameter", "type", "default", "searched in"], rows, [False] * 4, width)
    return "\n".join([*lines, table if rows else "no hyperparameters\n"]) + _course(component)


def _allowed(hyperparameter: Hyperparameter) -> str:
    return f"one of {', '.join(map(str, hyperparameter.allowed))}" if hyperparameter.allowed else ""


def _course(component: Component) -> str:
    """A schedule at its defaults, drawn; '' for what is none."""
    if not component.kind.is_schedule or component.defaults.keys() != component.hyperparameters.keys():
        return ""
    drawn = plot(course(component, component.defaults, 60), "at the defaults, over the share of the steps taken")
    if component.kind == LR_SCHEDULE:
        return f"\nfactor on each lr\n{drawn}"
    mean = mean_over_training(component, component.defaults)
    return f"\ndrop rate, on average {show(mean)}\n{drawn}"


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
                "type": each.type.__name__,
                "default": each.default,
                "required": each.default is None,
                "allowed": list(each.allowed),
                "space": asdict(component.space[name]) if name in component.space else None,
            }
            for name, each in _by_importance(component)
        },
    }


def show_plan(plan: Plan, *, as_json: bool, width: int | None) -> str:
    """What a study would run."""
    runs = count_runs(plan)
    if as_json:
        return _json({**plan.to_json(), "runs": runs})
    rows = [
        [
            arm.name + ("   (baseline)" if arm.name == plan.baseline and len(plan.arms) > 1 else ""),
            "  ".join(f"{name} {domain}" for name, domain in arm.dimensions().items()) or "nothing: its defaults alone",
        ]
        for arm in plan.arms
    ]
    problem = plan.problem
    lines = [
        plan.study.question,
        "",
        f"problem: {problem.name}, {len(problem.train):,} training and {len(problem.dev):,} dev examples, "
        f"{problem.num_features} features, {len(problem.vocabulary):,} embedding rows, {problem.num_classes} classes",
        f"metric:  {plan.metric}, {plan.metric.direction}d",
        f"runs:    {sum(runs.values())} ({', '.join(f'{phase} {count}' for phase, count in runs.items())})",
        "",
        text_table(["arm", "searches"], rows, [False, False], width),
    ]
    return "\n".join(lines)


def _by_importance(component: Component) -> list[tuple[str, Any]]:
    order = [*component.space, *(name for name in component.hyperparameters if name not in component.space)]
    return [(name, component.hyperparameters[name]) for name in order]


def _json(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"

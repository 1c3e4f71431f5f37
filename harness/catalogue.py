"""What there is, for ``harness list``, ``show`` and ``check``."""

from __future__ import annotations

import inspect
import json
from dataclasses import asdict
from typing import Any

from harness.components import Component
from harness.configuration import show
from harness.hookspecs import KINDS
from harness.plan import Plan
from harness.registry import Registry
from harness.render import text_table
from harness.workload import count_runs


def list_components(registry: Registry, kind: str | None, *, as_json: bool, width: int | None) -> str:
    """Every component of one kind, or of all."""
    found = [registry.component(each, name) for each in ([kind] if kind else KINDS) for name in registry.names(each)]
    if as_json:
        return _json([component_json(each) for each in found])
    rows = [[each.kind, each.name, each.description, each.plugin] for each in found]
    return text_table(["kind", "name", "what it is", "plugin"], rows, [False] * 4, width)


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
            str(component.space.get(name, "")),
        ]
        for name, each in _by_importance(component)
    ]
    table = text_table(["hyperparameter", "type", "default", "searched in"], rows, [False] * 4, width)
    return "\n".join([*lines, table if rows else "no hyperparameters\n"])


def component_json(component: Component) -> dict[str, Any]:
    """A component as plain data."""
    return {
        "kind": component.kind,
        "name": component.name,
        "description": component.description,
        **component.origin,
        "hyperparameters": {
            name: {
                "type": each.type.__name__,
                "default": each.default,
                "required": each.default is None,
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
        f"metric:  {plan.study.metric}, {plan.direction}d",
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

"""The command ``check``: check a study file or a plugin."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.cli._options import FAILED, json_option, json_text, plugin_option, say, set_option, width
from harness.errors import PluginError, unknown
from harness.plugin.names import MEMBER, full_name, split_name
from harness.wording import plural

if TYPE_CHECKING:
    from harness.conformance.kit import Examined
    from harness.plugin.component import Component
    from harness.plugin.discovery import Given
    from harness.study.plan import Plan


@click.command()
@click.argument("subject", metavar="STUDY|PLUGIN")
@set_option
@plugin_option
@json_option
def check(subject: str, overrides: tuple[str, ...], plugins: tuple[str, ...], as_json: bool) -> None:
    """Check a study file, or a plugin.

    STUDY: a .toml file. Prints every fault with its line, or what the study would run on its problem's data. Every arm
    is built, at its defaults and at the ends of its ranges, and none is trained.

    PLUGIN: a .py file, a package's folder, a module, the name of an installed plugin, or module:Class of an optimiser.
    Trains with each of the plugin's components in many small ways, and says in plain words what is wrong. --set gives
    values to hyperparameters without a default.
    """
    path = Path(subject)
    if path.suffix != ".toml" and (path.suffix == ".py" or not path.is_file()):
        _check_plugin(subject, overrides, plugins, as_json)
        return
    from harness.phases.building import check_arms
    from harness.plugin.registry import build_registry
    from harness.study.plan import plan_from_file

    registry = build_registry(plugins)
    plan = plan_from_file(path, overrides, registry)
    check_arms(plan, registry)
    say(show_plan(plan, as_json=as_json, width=width()), nl=False)


def _check_plugin(source: str, overrides: tuple[str, ...], plugins: tuple[str, ...], as_json: bool) -> None:
    from harness.conformance.kit import examine_all
    from harness.plugin.discovery import find_components

    offered = find_components(source, plugins)
    all_examined = []
    for examined in examine_all(offered.components, values_of(overrides, offered.components)):
        all_examined.append(examined)
        say("" if as_json else show_examined(examined), nl=False)
    summarise = examined_json if as_json else show_summary
    say(summarise(all_examined, offered.families), nl=False)
    sys.exit(FAILED if any(examined.faults for examined in all_examined) else 0)


def show_plan(plan: Plan, *, as_json: bool, width: int | None) -> str:
    """What a study would run, as text or JSON."""
    from harness.phases.workload import count_runs, most_rounds
    from harness.report.formats import text_table

    runs = count_runs(plan)
    if as_json:
        return json_text({**plan.resolved().to_json(), "runs": runs})
    rows = [
        [
            arm.name + ("   (baseline)" if arm.name == plan.baseline and len(plan.arms) > 1 else ""),
            "  ".join(f"{name} {domain}" for name, domain in arm.dimensions().items()) or "nothing: one configuration",
        ]
        for arm in plan.arms
    ]
    problem = plan.problem
    most = count_runs(plan, rounds=most_rounds(plan), looks=True)
    widest = f"; at most {sum(most.values())}, with all that may be added" if most != runs else ""
    lines = [
        plan.study.question,
        "",
        f"problem: {problem.name}, {len(problem.train):,} training and {len(problem.dev):,} dev examples, "
        f"{problem.num_features} features, {len(problem.vocabulary):,} embedding rows, {problem.num_classes} classes",
        f"metric:  {plan.metric}, {plan.metric.direction}d",
        f"runs:    {sum(runs.values())} ({', '.join(f'{phase} {count}' for phase, count in runs.items())}{widest})",
        "",
        text_table(["arm", "searches"], rows, [False, False], width),
    ]
    return "\n".join(lines)


def show_examined(examined: Examined) -> str:
    """A component's checks, one a line; below a failed check what is wrong."""
    component = examined.component
    lines = [f"{component.kind} {component.name}   (plugin {component.plugin})", ""]
    if component.is_of_library:
        lines[1:1] = [component.description or "it has no docstring of its own"]
    for finding in examined.findings:
        word = "note " if finding.is_note else "WRONG" if finding.wrong else "ok   "
        lines.append(f"{word}  {finding.proves.partition(chr(10))[0]}")
        lines += [f"       {line}" for line in finding.wrong.splitlines()]
    if examined.unchecked:
        lines.append(f"       (not run, as this comes first: {plural(examined.unchecked, 'check')})")
    wrong = {finding.name for finding in examined.findings if finding.wrong and not finding.is_note}
    if component.is_of_library and "training" in wrong and component.left_open:
        name = full_name(component.kind.choice, component.name, component.left_open[0])
        lines += ["", f"Left out, and may be needed: {', '.join(component.left_open)}; given by --set {name}=…"]
    elif component.is_of_library and wrong - {"values"}:
        lines += [
            "",
            "This is a library's code. What is WRONG makes its runs fail, differ from one to the next, or unfair: use",
            "another, or a plugin that works round it (harness new plugin NAME --kind optimiser).",
        ]
    return "\n".join([*lines, "", ""])


def show_summary(every: Sequence[Examined], families: Iterable[tuple[str, str]]) -> str:
    """How many checks ran, and how many failed."""
    left_out = [
        f"not checked: {kind} family {name}{MEMBER}*; one of it is checked by its name, {name}{MEMBER}…\n"
        for kind, name in families
    ]
    if not every:
        return "".join(left_out) or "it registers no component: there is nothing to check\n"
    faults = sum(examined.faults for examined in every)
    ran = plural(sum(len(examined.findings) for examined in every), "check")
    end = f"{faults} found something wrong" if faults else "all hold"
    if notes := sum(examined.notes for examined in every):
        end += f", and {plural(notes, 'note')} on a library's code" if faults else f" but {plural(notes, 'note')}"
    seconds = sum(examined.seconds for examined in every)
    return "".join(left_out) + f"{plural(len(every), 'component')}, {ran} in {seconds:.1f} s: {end}\n"


def examined_json(every: Sequence[Examined], families: Iterable[tuple[str, str]]) -> str:
    """The findings of every component, as JSON."""
    components = [
        {
            "kind": examined.component.kind.choice,
            "name": examined.component.name,
            "plugin": examined.component.plugin,
            "findings": [asdict(finding) for finding in examined.findings],
            "unchecked": examined.unchecked, "seconds": examined.seconds,
        }
        for examined in every
    ]  # fmt: skip
    faults = sum(examined.faults for examined in every)
    return json_text({"faults": faults, "components": components, "families": [list(family) for family in families]})


def values_of(overrides: Iterable[str], components: Iterable[Component]) -> Given:
    """The values in ``KIND.NAME.HYPERPARAMETER=VALUE``; PluginError for another form or an unknown component."""
    from harness.study.overrides import value_of

    known = {(component.kind.choice, component.name): component for component in components}
    values: dict[tuple[str, str], dict[str, object]] = defaultdict(dict)
    for override in overrides:
        key, equals, text = override.partition("=")
        kind, name, hyperparameter = split_name(key.strip())
        if not (equals and hyperparameter):
            raise PluginError(f"--set {override}: write KIND.NAME.HYPERPARAMETER=VALUE, as in optimiser.adam.lr=1e-3")
        if (kind, name) not in known:
            raise PluginError(f"--set {override}: {unknown('component', f'{kind}.{name}', map('.'.join, known))}")
        values[kind, name] |= known[kind, name].check({hyperparameter: value_of(text)})
    return values

"""What ``harness check PLUGIN`` prints."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from harness.conformance.kit import Examined
from harness.errors import PluginError, unknown
from harness.plugin.component import Component
from harness.plugin.discovery import Given
from harness.plugin.names import MEMBER, split_name
from harness.study.overrides import value_of
from harness.wording import plural


def show_examined(examined: Examined) -> str:
    """A component's checks, one a line, with what is wrong below it."""
    component = examined.component
    lines = [f"{component.kind} {component.name}   (plugin {component.plugin})", ""]
    for each in examined.findings:
        lines.append(f"{'WRONG' if each.wrong else 'ok   '}  {each.proves.partition(chr(10))[0]}")
        lines += [f"       {line}" for line in each.wrong.splitlines()]
    if examined.unchecked:
        lines.append(f"       (not run, as this comes first: {plural(examined.unchecked, 'check')})")
    return "\n".join([*lines, "", ""])


def show_summary(every: Sequence[Examined], families: Iterable[tuple[str, str]]) -> str:
    """How many checks ran, and how they ended."""
    notes = [
        f"not checked: {kind} family {name}{MEMBER}*; one of it is checked by its name, {name}{MEMBER}…\n"
        for kind, name in families
    ]
    if not every:
        return "".join(notes) or "it registers no component: there is nothing to check\n"
    faults = sum(each.faults for each in every)
    ran = plural(sum(len(each.findings) for each in every), "check")
    end = f"{faults} found something wrong" if faults else "all hold"
    seconds = sum(each.seconds for each in every)
    return "".join(notes) + f"{plural(len(every), 'component')}, {ran} in {seconds:.1f} s: {end}\n"


def to_json(every: Sequence[Examined], families: Iterable[tuple[str, str]]) -> str:
    """The same as plain data."""
    components = [
        {
            "kind": each.component.kind.choice, "name": each.component.name, "plugin": each.component.plugin,
            "findings": [asdict(finding) for finding in each.findings],
            "unchecked": each.unchecked, "seconds": each.seconds,
        }
        for each in every
    ]  # fmt: skip
    faults = sum(each.faults for each in every)
    data = {"faults": faults, "components": components, "families": [list(each) for each in families]}
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def values_of(overrides: Iterable[str], components: Iterable[Component]) -> Given:
    """``KIND.NAME.HYPERPARAMETER=VALUE`` for components that are checked; PluginError for anything else."""
    known = {(each.kind.choice, each.name): each for each in components}
    found: dict[tuple[str, str], dict[str, object]] = defaultdict(dict)
    for override in overrides:
        key, equals, text = override.partition("=")
        kind, name, hyperparameter = split_name(key.strip())
        if not (equals and hyperparameter):
            raise PluginError(f"--set {override}: write KIND.NAME.HYPERPARAMETER=VALUE, as in optimiser.adam.lr=1e-3")
        if (kind, name) not in known:
            raise PluginError(f"--set {override}: {unknown('component', f'{kind}.{name}', map('.'.join, known))}")
        found[kind, name] |= known[kind, name].check({hyperparameter: value_of(text)})
    return found

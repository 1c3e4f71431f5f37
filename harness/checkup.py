"""The conformance kit on components, and what it found in plain words: ``harness check FILE``."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from harness.components import Component
from harness.conformance import CHECKS, Finding, examine
from harness.derived import MEMBER
from harness.errors import PluginError
from harness.numerals import plural
from harness.offered import Given


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What the kit found in a component. ``unchecked``: how many checks were not run, since one before them failed."""

    component: Component
    findings: Sequence[Finding]
    unchecked: int
    seconds: float

    @property
    def faults(self) -> int:
        """How many checks found something wrong."""
        return sum(bool(each.wrong) for each in self.findings)


def examine_all(components: Iterable[Component], values: Given) -> Iterator[Examined]:
    """Run the kit on each."""
    for component in components:
        begin, given_values = time.perf_counter(), values.get((component.kind, component.name), {})
        try:
            component.resolve(given_values)
            findings = list(examine(component, given_values))
        except PluginError as error:
            proves = "Every hyperparameter without a default is given a value."
            findings = [Finding(name="values", proves=proves, wrong=str(error))]
        unchecked = len(CHECKS[component.kind]) - sum(each.name != "values" for each in findings)
        seconds = time.perf_counter() - begin
        yield Examined(component=component, findings=findings, unchecked=unchecked, seconds=seconds)


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
            "kind": each.component.kind, "name": each.component.name, "plugin": each.component.plugin,
            "findings": [asdict(finding) for finding in each.findings],
            "unchecked": each.unchecked, "seconds": each.seconds,
        }
        for each in every
    ]  # fmt: skip
    faults = sum(each.faults for each in every)
    data = {"faults": faults, "components": components, "families": [list(each) for each in families]}
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"

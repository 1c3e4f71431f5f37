"""That a result folder went on with a program that had changed: what came since, and the runs that showed no effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.plugin.ranges import Value
from harness.study._json import Node


@dataclass(frozen=True, kw_only=True)
class Remade:
    """A recorded run that was made again: which one, what its metric was, and what it came to this time."""

    run: str
    recorded: float
    again: float


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """What changed since a folder's runs were made, and the proof that nothing came of it.

    ``digest``: the digest of the problem that the folder had before, of code and files; '' where it did not change.
    ``added``: by full name, each choice and hyperparameter that the runs before do not name, and the value that stands
    for it. ``remade``: recorded runs that gave the same numbers when they were made again.
    """

    digest: str = ""
    added: Mapping[str, Value] = field(default_factory=dict)
    remade: tuple[Remade, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain data, as study.json holds it."""
        remade = [{"run": each.run, "recorded": each.recorded, "again": each.again} for each in self.remade]
        return {"digest": self.digest, "added": dict(self.added), "remade": remade}

    @classmethod
    def from_node(cls, node: Node) -> Accepted:
        """From what study.json holds; ResultError for what is none."""
        given = node.fields(("digest", "added", "remade"))
        runs = [entry.fields(("run", "recorded", "again")) for entry in given["remade"].items()]
        return cls(
            digest=given["digest"].text(),
            added=given["added"].scalars(),
            remade=tuple(
                Remade(run=run["run"].text(), recorded=run["recorded"].number(), again=run["again"].number())
                for run in runs
            ),
        )

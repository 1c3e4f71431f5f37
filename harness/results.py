"""Results: what a result folder holds, as tables, warnings and reports ask for it."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.call import Call
from harness.comparisons import Sample
from harness.folder import ResultFolder
from harness.problem import Direction
from harness.record import Key, Record
from harness.selection import chosen

PHASES = ("search", "select", "confirm", "test")
TUNING = ("search", "select")


@dataclass(frozen=True)
class Results:
    """The resolved study (study.json), its records, and the calls that made them."""

    study: Mapping[str, Any]
    records: Mapping[Key, Record]
    calls: Sequence[Call] = ()

    @classmethod
    def of(cls, folder: ResultFolder) -> Results:
        """What a result folder holds."""
        return cls(folder.existing_study(), folder.records(), folder.calls())

    @property
    def metric(self) -> str:
        """The study's metric."""
        return str(self.study["metric"])

    @property
    def direction(self) -> Direction:
        """Which way the metric is better."""
        direction: Direction = self.study["direction"]
        return direction

    @property
    def baseline(self) -> str:
        """The arm that the others are compared with."""
        return str(self.study["baseline"])

    @property
    def arms(self) -> list[str]:
        """Names of the arms, in the study's order."""
        return list(self.study["arms"])

    @cached_property
    def ordered(self) -> list[Record]:
        """By phase, arm (in the study's order), trial and seed index."""
        arms = {name: number for number, name in enumerate(self.arms)}
        return sorted(
            (record for record in self.records.values() if record.arm in arms),
            key=lambda each: (PHASES.index(each.phase), arms[each.arm], each.trial, each.seed_index),
        )

    @cached_property
    def tuning(self) -> dict[tuple[str, int], list[Record]]:
        """The search's and select's runs of a trial, by arm and trial."""
        found = defaultdict(list)
        for record in self.ordered:
            if record.phase in TUNING:
                found[record.arm, record.trial].append(record)
        return found

    def chosen(self, arm: str) -> Record | None:
        """The search record of the arm's chosen trial; None if its search failed or has not begun."""
        select = self.study["select"]["trials"]
        return chosen(self.records, arm, self.metric, self.direction, select)

    def confirmed(self, arm: str, trial: int | None = None) -> dict[int, Record]:
        """The confirmation runs of a trial, by seed index: of the arm's chosen one where none is given."""
        winner = self.chosen(arm)
        if trial is None and winner is None:
            return {}
        number = winner.trial if trial is None and winner else trial
        return {
            each.seed_index: each
            for each in self.ordered
            if (each.phase, each.arm, each.trial) == ("confirm", arm, number)
        }

    def scores(self, arm: str) -> dict[int, float]:
        """The metric by seed index; a failed run scores the worst value of all confirmation runs."""
        return dict(self.sample(arm).scores)

    def sample(self, arm: str) -> Sample:
        """The confirmation of the arm's chosen trial, as comparisons take it."""
        return self._sample(arm, arm, None, self.worst)

    def default_sample(self, arm: str) -> Sample:
        """The confirmation of the arm's defaults."""
        runs = [*self.confirmed(arm).values(), *self.confirmed(arm, 0).values()]
        return self._sample(f"{arm}, defaults", arm, 0, self._worst_of(runs, self.worst))

    def _sample(self, name: str, arm: str, trial: int | None, worst: float) -> Sample:
        runs = self.confirmed(arm, trial)
        scores = {seed: worst if each.reason else each.metric(self.metric) for seed, each in runs.items()}
        return Sample(
            name=name, scores=scores, failed=sum(bool(each.reason) for each in runs.values()), stream=self.stream
        )  # fmt: skip

    @cached_property
    def stream(self) -> str:
        """Equal where runs of equal seed index met the same draws: batches, masks, starting values."""
        named = {name: self.study.get(name) for name in ("problem", "seed", "model", "training")}
        problem = named["problem"] or {}
        return json.dumps({**named, "problem": problem.get("digest")}, sort_keys=True)

    @cached_property
    def worst(self) -> float:
        """The worst value among the confirmation runs of all arms' choices; nan if none finished."""
        return self._worst_of([run for arm in self.arms for run in self.confirmed(arm).values()], math.nan)

    def _worst_of(self, runs: Iterable[Record], default: float) -> float:
        values = [each.metric(self.metric) for each in runs if not each.reason]
        return (min if self.direction == "maximise" else max)(values, default=default)

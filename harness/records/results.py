"""What a result folder holds, by arm and phase, as tables, warnings and reports ask for it."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from harness.metric import Metric
from harness.records.folder import ResultFolder
from harness.records.record import Call, Key, Opening, Record
from harness.records.selection import best_trial, search_records
from harness.statistics.comparison import Comparison, Sample, compare
from harness.statistics.sequential import decide, looks_until
from harness.study.resolved import ResolvedStudy

PHASES = ("search", "select", "confirm", "test")


TUNING_PHASES = ("search", "select")


@dataclass(frozen=True)
class Results:
    """The resolved study (study.json), its records, and the calls that made them.

    ``environments``: environment.json, by the key that records carry. ``ledger``: the openings of the test split.
    """

    study: ResolvedStudy
    records: Mapping[Key, Record]
    calls: Sequence[Call] = ()
    environments: Mapping[str, Any] = field(default_factory=dict)
    ledger: Sequence[Opening] = ()

    @classmethod
    def of(cls, folder: ResultFolder) -> Results:
        """What a result folder holds."""
        return cls(
            study=folder.existing_study(),
            records=folder.records(),
            calls=folder.calls(),
            environments=folder.environments(),
            ledger=folder.ledger(),
        )

    @property
    def metric(self) -> Metric:
        """What the study judges its runs by."""
        return self.study.metric

    @property
    def baseline(self) -> str:
        """The arm that the others are compared with."""
        return self.study.baseline

    @property
    def arms(self) -> list[str]:
        """Names of the arms, in the study's order."""
        return list(self.study.arms)

    @cached_property
    def ordered(self) -> list[Record]:
        """The records of the study's arms, sorted by phase, arm (in the study's order), trial and seed index."""
        arms = {name: number for number, name in enumerate(self.arms)}
        return sorted(
            (record for record in self.records.values() if record.arm in arms),
            key=lambda record: (PHASES.index(record.phase), arms[record.arm], record.trial, record.seed_index),
        )

    @cached_property
    def tuning(self) -> dict[tuple[str, int], list[Record]]:
        """The runs of search and select, by arm and trial."""
        runs = defaultdict(list)
        for record in self.ordered:
            if record.phase in TUNING_PHASES:
                runs[record.arm, record.trial].append(record)
        return runs

    def chosen(self, arm: str) -> Record | None:
        """The search record of the arm's chosen trial; None if its search failed or has not begun."""
        return self._chosen.get(arm)

    @cached_property
    def _chosen(self) -> dict[str, Record | None]:
        select = self.study.select.trials
        return {arm: best_trial(self.records, arm, self.metric, select) for arm in self.arms}

    def confirmed(self, arm: str, trial: int | None = None) -> dict[int, Record]:
        """The confirmation runs of a trial, by seed index: of the arm's chosen one where none is given."""
        winner = self.chosen(arm)
        number = winner.trial if trial is None and winner else trial
        return dict(self._confirmed.get((arm, number), {}))

    @cached_property
    def _confirmed(self) -> dict[tuple[str, int | None], dict[int, Record]]:
        runs: dict[tuple[str, int | None], dict[int, Record]] = defaultdict(dict)
        for record in self.ordered:
            if record.phase == "confirm":
                runs[record.arm, record.trial][record.seed_index] = record
        return runs

    @cached_property
    def against_baseline(self) -> list[Comparison]:
        """The comparison of every other arm with the baseline, as of the last look that all arms have reached."""
        samples = [self.sample(arm) for arm in self.arms]
        counts = [len(sample.scores) for sample in samples if sample.scores]  # an arm whose search failed never has any
        how = (self.baseline, self.metric, self.study.smallest_difference)
        reached = [look for look in self.looks if look <= min(counts, default=0)]
        if not reached:
            return compare(samples, *how)
        seen = [replace(sample, scores=dict(sorted(sample.scores.items())[: reached[-1]])) for sample in samples]
        return decide(seen, *how, self.looks, len(reached) - 1)

    @property
    def looks(self) -> tuple[int, ...]:
        """Numbers of seeds at which a study that runs until it is decided looks at its verdicts; else empty."""
        confirm = self.study.confirm
        return looks_until(confirm.limit, confirm.seeds) if confirm.until_decided else ()

    def scores(self, arm: str) -> dict[int, float]:
        """The metric by seed index; a failed run scores the worst value of all confirmation runs."""
        return dict(self.sample(arm).scores)

    def sample(self, arm: str) -> Sample:
        """The confirmation of the arm's chosen trial, as comparisons take it."""
        return self._sample(arm, arm, None, self.worst)

    def default_sample(self, arm: str) -> Sample:
        """The confirmation of the arm's defaults."""
        return self.tuning_pair(arm)[1]

    def tuning_pair(self, arm: str) -> tuple[Sample, Sample]:
        """The samples of the arm's chosen trial and of its defaults; a failed run scores the worst value of both."""
        runs = [*self.confirmed(arm).values(), *self.confirmed(arm, 0).values()]
        worst = worst_of(runs, self.metric, self.worst)
        return self._sample(arm, arm, None, worst), self._sample(f"{arm}, defaults", arm, 0, worst)

    def _sample(self, name: str, arm: str, trial: int | None, worst: float) -> Sample:
        return sample_of(name, self.confirmed(arm, trial), self.metric, worst, self.stream)

    @cached_property
    def stream(self) -> str:
        """A text that two studies share where runs of equal seed index met the same batches, masks and weights."""
        study = self.study
        drawn = {"seed": study.seed, "model": study.model.model_dump(), "training": study.training.model_dump()}
        return json.dumps({**drawn, "problem": study.problem.digest}, sort_keys=True)

    @cached_property
    def worst(self) -> float:
        """The worst value among the confirmation runs of all arms' choices; nan if none finished."""
        runs = [run for arm in self.arms for run in self.confirmed(arm).values()]
        return worst_of(runs, self.metric, math.nan)


def sample_of(name: str, runs: Mapping[int, Record], metric: Metric, worst: float, stream: str) -> Sample:
    """Runs by seed index as comparisons take them: one that failed scores ``worst``."""
    scores = {seed: worst if run.reason else run.score(metric) for seed, run in runs.items()}
    return Sample(name=name, scores=scores, failed=sum(bool(run.reason) for run in runs.values()), stream=stream)


def worst_of(runs: Iterable[Record], metric: Metric, default: float) -> float:
    """The worst value of the metric among the runs that finished; ``default`` where none did."""
    return metric.worst((run.score(metric) for run in runs if not run.reason), default)


def has_searched(results: Results, arm: str) -> bool:
    """Whether the arm's search is over."""
    records = search_records(results.records, arm)
    later = any(record.arm == arm and record.phase != "search" for record in results.ordered)
    planned = results.study.search.trials if results.study.arms[arm].space else 1
    return later or len(records) >= planned

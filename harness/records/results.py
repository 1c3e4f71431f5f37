"""What a result folder holds, by arm and phase, as tables, warnings and reports ask for it."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.metric import Metric
from harness.plugin.ranges import Domain
from harness.records.decisions import Decision, Widened, widened_domains
from harness.records.edges import Edge, find_edges
from harness.records.folder import ResultFolder
from harness.records.record import Call, Key, Opening, Record, Which
from harness.records.selection import best_trial, search_records
from harness.statistics.comparison import Comparison, Sample, compare, compare_pairs
from harness.statistics.sequential import decide, looks_until
from harness.study.resolved import ResolvedStudy
from harness.study.seeds import repeat_of

PHASES = ("search", "select", "confirm", "test")


TUNING_PHASES = ("search", "select")


@dataclass(frozen=True)
class Results:
    """The resolved study (study.json), its records, and the calls that made them.

    ``environments``: environment.json, by the key that records carry. ``ledger``: the openings of the test split.
    ``decisions``: what the study has decided on its way, oldest first. ``path``: of their folder; None for results that
    come from none.
    """

    study: ResolvedStudy
    records: Mapping[Key, Record]
    calls: Sequence[Call] = ()
    environments: Mapping[str, Any] = field(default_factory=dict)
    ledger: Sequence[Opening] = ()
    decisions: Sequence[Decision] = ()
    path: Path | None = None

    @classmethod
    def of(cls, folder: ResultFolder) -> Results:
        """What a result folder holds."""
        return cls(
            study=folder.existing_study(),
            records=folder.records(),
            calls=folder.calls(),
            environments=folder.environments(),
            ledger=folder.ledger(),
            decisions=folder.decisions(),
            path=folder.path,
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

    @property
    def repeats(self) -> range:
        """The repeats of every arm's search; one, 0, in a study that does not repeat it."""
        return range(self.study.search.repeats)

    @cached_property
    def ordered(self) -> list[Record]:
        """The records of the study's arms, sorted by phase, arm (in the study's order), trial and seed index."""
        arms = {name: number for number, name in enumerate(self.arms)}
        return sorted(
            (record for record in self.records.values() if record.arm in arms),
            key=lambda record: (PHASES.index(record.phase), arms[record.arm], *record.which, record.seed_index),
        )

    @cached_property
    def tuning(self) -> dict[tuple[str, Which], list[Record]]:
        """The runs of search and select, by arm and trial."""
        runs = defaultdict(list)
        for record in self.ordered:
            if record.phase in TUNING_PHASES:
                runs[record.arm, record.which].append(record)
        return runs

    def rounds(self, repeat: int = 0) -> list[Widened]:
        """The rounds of widening of a repeat of the search, in their order."""
        return [each for each in self.decisions if isinstance(each, Widened) and each.repeat == repeat]

    def ranges(self, arm: str, repeat: int = 0) -> dict[str, Domain]:
        """Full name → domain of all that an arm searches, as the rounds of widening have left it."""
        return widened_domains(self.study.arms[arm].space, self.rounds(repeat))

    def edges(self, arm: str) -> list[Edge]:
        """Where the arm's chosen trials lie at the end of a range that could be wider, in the order of the repeats."""
        return [edge for repeat in self.repeats for edge in self.edges_at(arm, self.chosen(arm, repeat))]

    def edges_at(self, arm: str, winner: Record | None) -> list[Edge]:
        """The same for one trial of the arm, judged by all trials of its repeat of the search."""
        if winner is None:
            return []
        searched = search_records(self.records, arm, winner.repeat)
        return find_edges(winner, searched, self.ranges(arm, winner.repeat), self.study.arms[arm].traits, self.metric)

    def chosen(self, arm: str, repeat: int = 0) -> Record | None:
        """The search record of the arm's chosen trial; None if its search failed or has not begun."""
        return self._chosen.get((arm, repeat))

    def winners(self, arm: str) -> list[Record]:
        """The search records of the arm's chosen trials: of each repeat of its search that has one."""
        return [winner for repeat in self.repeats if (winner := self.chosen(arm, repeat))]

    def kept_defaults(self, arm: str) -> bool:
        """Whether no search of the arm chose anything but its defaults."""
        return all(winner.which.is_defaults for winner in self.winners(arm))

    @cached_property
    def _chosen(self) -> dict[tuple[str, int], Record | None]:
        count = self.study.select.trials
        return {
            (arm, repeat): best_trial(self.records, arm, self.metric, count, repeat)
            for arm in self.arms
            for repeat in self.repeats
        }

    def fingerprints(self) -> dict[str, str]:
        """The fingerprints of the chosen configurations, by arm; a repeated search has one a repeat: ``adam #2``."""
        return {
            winner.arm if len(self.repeats) == 1 else f"{winner.arm} #{winner.repeat + 1}": winner.fingerprint
            for arm in self.arms
            for winner in self.winners(arm)
        }

    def confirmed(self, arm: str) -> dict[int, Record]:
        """The confirmation runs of the arm's chosen trials, by seed index."""
        return self._confirmed_runs(arm, [winner.which for winner in self.winners(arm)])

    def confirmed_defaults(self, arm: str) -> dict[int, Record]:
        """The confirmation runs of the arm's defaults, by seed index."""
        return self._confirmed_runs(arm, [Which(repeat, 0, 0) for repeat in self.repeats])

    def _confirmed_runs(self, arm: str, trials: Iterable[Which]) -> dict[int, Record]:
        runs = {run.seed_index: run for which in trials for run in self._confirmed.get((arm, which), ())}
        return dict(sorted(runs.items()))

    @cached_property
    def _confirmed(self) -> dict[tuple[str, Which], list[Record]]:
        runs: dict[tuple[str, Which], list[Record]] = defaultdict(list)
        for record in self.ordered:
            if record.phase == "confirm":
                runs[record.arm, record.which].append(record)
        return runs

    def groups(self, seed_indices: Iterable[int]) -> dict[int, int]:
        """Seed index → repeat of the search, for confirmation seed indices; empty where the search is not repeated."""
        repeats = len(self.repeats)
        return {seed: repeat_of(seed, repeats) for seed in seed_indices} if repeats > 1 else {}

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
        """The confirmation of the arm's chosen trials, as comparisons take it."""
        return self._sample(arm, self.confirmed(arm), self.worst)

    def default_sample(self, arm: str) -> Sample:
        """The confirmation of the arm's defaults."""
        return self.tuning_pair(arm)[1]

    def tuning_pair(self, arm: str) -> tuple[Sample, Sample]:
        """The samples of the arm's chosen trials and of its defaults; a failed run scores the worst value of both."""
        tuned, defaults = self.confirmed(arm), self.confirmed_defaults(arm)
        worst = worst_of([*tuned.values(), *defaults.values()], self.metric, self.worst)
        return self._sample(arm, tuned, worst), self._sample(f"{arm}, defaults", defaults, worst)

    @cached_property
    def against_defaults(self) -> list[Comparison]:
        """The comparison of every tuned arm with its own defaults; none for an arm that kept them in every search."""
        return compare_pairs(self.tuning_pairs, self.metric, self.study.smallest_difference)

    @cached_property
    def tuning_pairs(self) -> list[tuple[Sample, Sample]]:
        """The samples that ``against_defaults`` compares."""
        return [self.tuning_pair(arm) for arm in self.arms if not self.kept_defaults(arm)]

    def _sample(self, name: str, runs: Mapping[int, Record], worst: float) -> Sample:
        return sample_of(name, runs, self.metric, worst, self.stream, self.groups(runs))

    @cached_property
    def stream(self) -> str:
        """A text that two studies share where confirmation runs of equal seed index met the same random draws.

        That is, the same batches, masks and starting weights.
        """
        return f"{self.draws} {self.study.problem.digest}"

    @cached_property
    def draws(self) -> str:
        """The same, whatever the data."""
        return self._drawn(self.study.confirmation_seed)

    @cached_property
    def tuning_draws(self) -> str:
        """The same for the runs of search and select, whatever the data."""
        return self._drawn(self.study.seed)

    def _drawn(self, seed: int) -> str:
        model, training = self.study.model.model_dump(), self.study.training.model_dump()
        return json.dumps({"seed": seed, "model": model, "training": training}, sort_keys=True)

    @cached_property
    def worst(self) -> float:
        """The worst value among the confirmation runs of all arms' choices; nan if none finished."""
        runs = [run for arm in self.arms for run in self.confirmed(arm).values()]
        return worst_of(runs, self.metric, math.nan)


def sample_of(
    name: str, runs: Mapping[int, Record], metric: Metric, worst: float, stream: str, groups: Mapping[int, int]
) -> Sample:  # fmt: skip
    """Runs by seed index as comparisons take them: one that failed scores ``worst``. ``groups``: as a Sample has it."""
    scores = {seed: worst if run.reason else run.score(metric) for seed, run in runs.items()}
    failed = sum(bool(run.reason) for run in runs.values())
    return Sample(name=name, scores=scores, failed=failed, stream=stream, groups=groups)


def worst_of(runs: Iterable[Record], metric: Metric, default: float) -> float:
    """The worst value of the metric among the runs that finished; ``default`` where none did."""
    return metric.worst((run.score(metric) for run in runs if not run.reason), default)


def has_searched(results: Results, arm: str) -> bool:
    """Whether the arm's search is over."""
    records = search_records(results.records, arm)
    later = any(record.arm == arm and record.phase != "search" for record in results.ordered)
    return later or len(records) >= planned_trials(results, arm)


def planned_trials(results: Results, arm: str) -> int:
    """Number of trials of an arm in all repeats, with the rounds of widening that are decided (of no grid)."""
    if not results.study.arms[arm].space:
        return len(results.repeats)  # its defaults are all that there is to try
    return sum(
        results.study.search.trials + sum(widened.trials for widened in results.rounds(repeat))
        for repeat in results.repeats
    )

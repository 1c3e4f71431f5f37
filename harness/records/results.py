"""What a result folder holds, by arm and phase, as tables, warnings and reports ask for it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.metric import Metric
from harness.plugin.ranges import Domain
from harness.records._checks import check_agreement
from harness.records.decisions import Decision, Looked, SmallestDifference, Widened, widened_domains
from harness.records.edges import Edge, find_edges
from harness.records.folder import ResultFolder
from harness.records.record import Call, Key, Opening, Record, Which
from harness.records.selection import best_trial, finished, search_records
from harness.statistics.anytime import Anytime
from harness.statistics.comparison import ANYTIME, Comparison, Sample, compare, compare_pairs
from harness.statistics.method import FIXED, Method
from harness.statistics.sequential import Planned, looks_until
from harness.statistics.verdict import smallest_difference
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
        """What a result folder holds; ResultError for files that are damaged or contradict each other."""
        study, recorded, ledger = folder.existing_study(), folder.recorded(), folder.ledger()
        check_agreement(study, recorded, ledger, folder.records_file)
        return cls(
            study=study,
            records=recorded.records,
            calls=folder.calls(),
            environments=folder.environments(),
            ledger=ledger,
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
    def delta(self) -> float:
        """δ, the smallest difference that matters, in units of the metric: given, frozen, or from what there is."""
        if self.study.smallest_difference is not None:
            return self.study.smallest_difference
        frozen = [each.value for each in self.decisions if isinstance(each, SmallestDifference)]
        return frozen[0] if frozen else self.delta_of(self.metric)

    def delta_of(self, metric: Metric) -> float:
        """δ by the default rule: from the spread of the defaults at the tuning seeds.

        Older studies ran only those defaults there that were among the best trials: then from that of the baseline's
        confirmation runs.
        """
        groups = self.default_scores(metric)
        if not self.study.select.defaults or max(map(len, groups), default=0) < 2:
            groups = [[run.score(metric) for run in finished(self.confirmed(self.baseline).values())]]
        return smallest_difference(groups, metric)

    def default_scores(self, metric: Metric) -> list[list[float]]:
        """The scores of each arm's defaults, where they finished, at the tuning seeds of each repeat of its search."""
        return [
            [run.score(metric) for run in finished(self.tuning.get((arm, Which(repeat, 0, 0)), ()))]
            for arm in self.arms
            for repeat in self.repeats
        ]

    @property
    def unit(self) -> str:
        """What the statistics count: ``seed``, or ``search`` where the search is repeated."""
        return "search" if len(self.repeats) > 1 else "seed"

    @cached_property
    def seeds(self) -> int:
        """Number of confirmation seeds that all arms have, but for those whose whole search failed; 0 before any."""
        counts = [len(runs) for arm in self.arms if (runs := self.confirmed(arm))]
        return min(counts, default=0)

    @cached_property
    def against_baseline(self) -> list[Comparison]:
        """The comparison of every other arm with the baseline; a claim whose loser is not tuned is withheld.

        A study that had planned to look and go on: as of the last look that all arms have reached. One that got more
        seeds after its verdicts were seen: by the test that holds whenever somebody looks.
        """
        samples = [self.sample(arm) for arm in self.arms]
        if self.seen in self.looks:  # seeds beyond it are of a block that is not complete
            samples = [_first(sample, self.seen) for sample in samples]
        comparisons = compare(
            samples, self.baseline, self.metric, self.delta, method=self.method, going_on=self.going_on
        )
        return [comparison.withheld(self.untuned) for comparison in comparisons]

    @property
    def judged(self) -> list[Comparison]:
        """What the study's question is answered by: its arms against the baseline, or its one arm against its defaults.

        None for one arm that kept its defaults.
        """
        return self.against_baseline if len(self.arms) > 1 else self.against_defaults

    @property
    def method(self) -> Method:
        """How the comparisons are tested that answer the study's question."""
        if self.went_on:
            before = {each.seeds for each in self.looked if each.claimed and each.seeds < self.seen}
            return Anytime((*sorted(before), self.seen))
        return Planned(self.looks, self.looks.index(self.seen)) if self.seen in self.looks else FIXED

    @property
    def going_on(self) -> Method:
        """How further units will be tested: searches cannot be added, and a new folder has them from the beginning."""
        return FIXED if self.unit == "search" else ANYTIME

    @cached_property
    def seen(self) -> int:
        """Number of confirmation seeds that the verdicts are of: as of the last look that all arms have reached."""
        return max((look for look in self.looks if look <= self.seeds), default=self.seeds)

    @cached_property
    def untuned(self) -> frozenset[str]:
        """The arms with a chosen trial at the end of a range that could be wider: better values may lie beyond."""
        return frozenset(arm for arm in self.arms if self.edges(arm))

    @property
    def looked(self) -> list[Looked]:
        """When the verdicts were looked at, oldest first."""
        return [each for each in self.decisions if isinstance(each, Looked)]

    @property
    def went_on(self) -> bool:
        """Whether seeds were added after verdicts had been seen, without a plan that says so.

        Fewer than six units give none: the first verdict of them all keeps its error, since nobody could stop before.
        """
        return any(not each.planned and each.claimed and each.seeds < self.seen for each in self.looked)

    @property
    def is_sequential(self) -> bool:
        """Whether the verdicts are, or may be, looked at more than once, with a plan or without."""
        return bool(self.looks) or self.went_on

    @property
    def looks(self) -> tuple[int, ...]:
        """Numbers of seeds at which a study that runs until it is decided looks at its verdicts; else empty.

        Where verdicts of fewer seeds had been seen before that was asked for, the looks begin there.
        """
        confirm = self.study.confirm
        if not confirm.until_decided:
            return ()
        unplanned = [each.seeds for each in self.looked if each.claimed and not each.planned]
        if not unplanned:
            return looks_until(confirm.limit, confirm.seeds)
        return tuple(sorted({*unplanned, *looks_until(confirm.limit, confirm.seeds)} - set(range(unplanned[0]))))

    def sample(self, arm: str) -> Sample:
        """The confirmation of the arm's chosen trials, as comparisons take it."""
        return self._sample(arm, self.confirmed(arm))

    def default_sample(self, arm: str) -> Sample:
        """The confirmation of the arm's defaults; of an arm that kept them, of what it chose."""
        return self._sample(f"{arm}, defaults", self.confirmed_defaults(arm))

    def tuning_pair(self, arm: str) -> tuple[Sample, Sample]:
        """The samples of the arm's chosen trials and of its defaults."""
        return self.sample(arm), self.default_sample(arm)

    @cached_property
    def against_defaults(self) -> list[Comparison]:
        """The comparison of every tuned arm with its own defaults; none for an arm that kept them in every search.

        Of a study of one arm it answers the question, and is tested as such: see ``against_baseline``.
        """
        if len(self.arms) > 1:
            return compare_pairs(self.tuning_pairs, self.metric, self.delta, going_on=FIXED)
        pairs = self.tuning_pairs
        if self.seen in self.looks:
            pairs = [(_first(winner, self.seen), _first(defaults, self.seen)) for winner, defaults in pairs]
        return compare_pairs(pairs, self.metric, self.delta, method=self.method, going_on=self.going_on)

    @cached_property
    def tuning_pairs(self) -> list[tuple[Sample, Sample]]:
        """The samples that ``against_defaults`` compares."""
        return [self.tuning_pair(arm) for arm in self.arms if not self.kept_defaults(arm)]

    def _sample(self, name: str, runs: Mapping[int, Record]) -> Sample:
        return self.sample_of(name, runs, self.metric)

    def sample_of(self, name: str, runs: Mapping[int, Record], metric: Metric) -> Sample:
        """Runs by seed index as comparisons take them, by a metric of theirs.

        One that failed is no score, unless the study says what a failed run scores by its own metric.
        """
        scores = {seed: run.score(metric) for seed, run in runs.items() if not run.reason}
        lost = frozenset(runs.keys() - scores.keys())
        if self.study.failed is not None and metric.name in (self.metric.name, self.metric.on("test").name):
            scores, lost = scores | dict.fromkeys(lost, self.study.failed), frozenset()
        return Sample(name=name, scores=scores, failed=lost, stream=self.stream, groups=self.groups(runs))

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


def _first(sample: Sample, count: int) -> Sample:
    """The sample of the first so many seeds."""
    seeds = set(sorted(sample.runs)[:count])
    scores = {seed: score for seed, score in sample.scores.items() if seed in seeds}
    return replace(sample, scores=scores, failed=sample.failed & seeds)


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

"""The phases of a study, end to end: search → select → confirm. A record is on the disk before Optuna is told."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness import seeds
from harness.cohort import Cohort
from harness.environment import describe, key_of
from harness.errors import ResultError
from harness.executors import Job, Workers, furnish
from harness.folder import ResultFolder
from harness.plan import Plan, differences
from harness.progress import Progress
from harness.record import Key, Phase, Record, Request
from harness.registry import Registry
from harness.search import ArmSearch, count_trials, open_storage
from harness.selection import chosen, shortlist
from harness.training import Outcome

COHORT = 4
"""Most runs trained side by side: what a crash can cost a worker."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a call of ``run_study`` did: ``new`` runs, and how many of all the folder's runs ``failed``."""

    new: int
    failed: int
    records: dict[Key, Record]


def run_study(
    plan: Plan,
    toml: str,
    folder: ResultFolder,
    registry: Registry,
    plugins: Sequence[str],
    jobs: int,
    progress: Progress,
) -> Summary:
    """Run what a study still lacks. ResultError if the folder is in use or belongs to another study."""
    with folder.locked():
        _claim(folder, plan, toml)
        environment = describe(registry)
        folder.add_environment(key_of(environment), environment)
        furnish(tuple(plugins), plan.selection, registry, plan.problem)
        with Workers(jobs) as workers:
            driver = _Driver(plan, folder, registry, tuple(plugins), workers, progress, key_of(environment))
            before = len(driver.records)
            driver.search()
            driver.select()
            driver.confirm()
        records = driver.records
    failed = sum(bool(record.reason) for record in records.values())
    return Summary(new=len(records) - before, failed=failed, records=records)


def count_runs(plan: Plan) -> dict[Phase, int]:
    """Runs of each phase, if none fails."""
    study = plan.study
    trials = [count_trials(arm, study.search) for arm in plan.arms]
    return {
        "search": sum(trials),
        "select": sum(_shortlisted(plan, count) for count in trials) * study.select.seeds,
        "confirm": len(trials) * study.confirm.seeds,
    }


def _shortlisted(plan: Plan, trials: int) -> int:
    """How many trials of an arm are run again; a single one has won already."""
    return min(plan.study.select.trials, trials) if min(plan.study.select.trials, trials) > 1 else 0


def _claim(folder: ResultFolder, plan: Plan, toml: str) -> None:
    resolved, existing = plan.to_json(), folder.study()
    if existing is not None:
        differing = differences(existing, resolved)
        if differing:
            lines = "\n".join(f"  {line}" for line in differing)
            raise ResultError(
                f"{folder.path}: holds the results of another study; "
                f"choose another folder with --out, or take back:\n{lines}"
            )
    if existing != resolved:
        folder.write_study(toml, resolved)


class _Driver:
    """One study at work in its folder."""

    def __init__(
        self, plan: Plan, folder: ResultFolder, registry: Registry, plugins: tuple[str, ...], workers: Workers,
        progress: Progress, environment: str,
    ) -> None:  # fmt: skip
        self.plan = plan
        self.folder = folder
        self.registry = registry
        self.plugins = plugins
        self.workers = workers
        self.progress = progress
        self.environment = environment
        self.records = folder.records()
        progress.start(count_runs(plan), self.records.values())

    def search(self) -> None:
        """Every trial of every arm."""
        study = self.plan.study
        storage = open_storage(self.folder.journal)
        searches = {
            arm.name: ArmSearch(arm, study.search, study.seed, self.plan.direction, storage) for arm in self.plan.arms
        }
        while asked := [
            Request(
                phase="search", arm=name, trial=trial, seed_index=seeds.TUNING[0],
                configuration=search.arm.configuration(params),
            )
            for name, search in searches.items()
            for trial, params in search.ask().items()
        ]:  # fmt: skip
            for record in self.run(asked):
                searches[record.arm].tell(record.trial, record.metric(study.metric))

    def select(self) -> None:
        """The best trials of each arm, again."""
        study = self.plan.study
        wanted = []
        for arm in self.plan.arms:
            best = shortlist(self.records, arm.name, study.metric, self.plan.direction, study.select.trials)
            wanted += [
                (record, seed) for seed in seeds.TUNING[1 : 1 + study.select.seeds] for record in best if len(best) > 1
            ]
        self.rerun("select", wanted)

    def confirm(self) -> None:
        """The chosen trial of each arm, at fresh seed indices."""
        study = self.plan.study
        winners = [
            chosen(self.records, arm.name, study.metric, self.plan.direction, study.select.trials)
            for arm in self.plan.arms
        ]
        fresh = seeds.CONFIRMATION[: study.confirm.seeds]
        self.rerun("confirm", [(record, seed) for seed in fresh for record in winners if record])

    def rerun(self, phase: Phase, wanted: Sequence[tuple[Record, int]]) -> None:
        """Run the configurations of some records at other seed indices."""
        requests = [
            Request(
                phase=phase, arm=record.arm, trial=record.trial, seed_index=seed, configuration=record.configured()
            )
            for record, seed in wanted
        ]  # fmt: skip
        for _ in self.run(requests):
            pass

    def run(self, requests: Sequence[Request]) -> Iterator[Record]:
        """A record for each request: those that the folder has, then the others as they come."""
        missing = []
        for request in requests:
            if request.key in self.records:
                yield self.records[request.key]
            else:
                missing.append(request)
        cohorts = make_cohorts(missing, self.workers.count)
        jobs = [self._job(cohort) for cohort in cohorts]
        if jobs:
            self.progress.phase(missing[0].phase)
        for number, outcomes in self.workers.run(jobs):
            for request, outcome in zip(cohorts[number], outcomes, strict=True):
                record = self._record(request, outcome)
                self.folder.append(record)
                self.records[record.key] = record
                self.progress.add(record)
                yield record

    def _job(self, cohort: Sequence[Request]) -> Job:
        return Job(
            cohort=Cohort(
                configurations=tuple(request.configuration for request in cohort),
                study_seed=self.plan.study.seed,
                seed_index=cohort[0].seed_index,
            ),
            problem=self.plan.selection,
            plugins=self.plugins,
        )

    def _record(self, request: Request, outcome: Outcome | str) -> Record:
        if isinstance(outcome, str):
            outcome = Outcome.lost(request.configuration, request.seed_index, outcome)
        components = {
            choice: self.registry.component(choice, selection.name).origin
            for choice, selection in request.configuration.choices
        }
        return Record(
            phase=request.phase,
            arm=request.arm,
            trial=request.trial,
            seed_index=request.seed_index,
            fingerprint=request.configuration.fingerprint,
            configuration=request.configuration.to_json(),
            reason=outcome.reason,
            curve=outcome.curve,
            steps=outcome.steps,
            passes=outcome.passes,
            seconds=outcome.seconds,
            components=components,
            environment=self.environment,
        )


def make_cohorts(requests: Sequence[Request], workers: int) -> list[list[Request]]:
    """Runs that share seed index, batch size and epochs, in groups of such a size that workers finish together."""
    groups: dict[tuple[int, int, int], list[Request]] = defaultdict(list)
    for request in requests:
        training = request.configuration.training
        groups[request.seed_index, training.batch_size, training.epochs].append(request)
    rounds = math.ceil(len(requests) / (workers * COHORT))
    size = math.ceil(len(requests) / (workers * max(1, rounds)))
    return [group[start : start + size] for group in groups.values() for start in range(0, len(group), size)]

"""The phases of a study, end to end: search → select → confirm. A record is on the disk before Optuna is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness import seeds
from harness.call import Call
from harness.cohort import Cohort
from harness.environment import describe, key_of
from harness.errors import ResultError
from harness.executors import Job, Workers, furnish
from harness.folder import ResultFolder
from harness.plan import Plan, differences
from harness.progress import Progress
from harness.record import Phase, Record, Request
from harness.registry import Registry
from harness.search import ArmSearch, open_storage
from harness.selection import chosen, shortlist
from harness.stopwatch import Stopwatch
from harness.tables import Results, write_tables
from harness.training import Outcome
from harness.workload import count_runs, make_cohorts


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What the folder holds after a call of ``run_study``, and which runs the call ``made``; None is no call."""

    results: Results
    made: list[Record]
    call: Call | None

    @property
    def new(self) -> int:
        """How many runs the call made."""
        return len(self.made)

    @property
    def failed(self) -> int:
        """How many of all the folder's runs failed."""
        return sum(bool(record.reason) for record in self.results.records.values())


def run_study(
    plan: Plan,
    toml: str,
    folder: ResultFolder,
    registry: Registry,
    plugins: Sequence[str],
    jobs: int,
    progress: Progress,
    stopwatch: Stopwatch | None = None,
    device: str = "cpu",
) -> Summary:
    """Run what a study still lacks, and write its tables. ResultError if the folder is in use or another study's."""
    stopwatch = stopwatch or Stopwatch()
    with folder.locked():
        with stopwatch("writing"):
            _claim(folder, plan, toml)
        with stopwatch("preparing"):
            furnish(tuple(plugins), plan.selection, registry, plan.problem)
        with Workers(jobs) as workers:
            driver = _Driver(plan, folder, registry, tuple(plugins), workers, progress, stopwatch, device)
            driver.search()
            driver.select()
            driver.confirm()
            progress.finish()
        with stopwatch("writing"):  # always: a crash may have come between the last record and the tables
            results = Results.of(folder)
            write_tables(folder, results)
        made, call = driver.made, None
        if made:
            call = Call(jobs=jobs, new_runs=len(made), environment=driver.environment, seconds=stopwatch.seconds())
            folder.append_call(call)
            results = replace(results, calls=(*results.calls, call))
            write_tables(folder, results, ["timing"])
    return Summary(results=results, made=made, call=call)


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
    if existing != resolved or not folder.study_toml.exists():
        folder.write_study(toml, resolved)


class _Driver:
    """One study at work in its folder."""

    def __init__(
        self, plan: Plan, folder: ResultFolder, registry: Registry, plugins: tuple[str, ...], workers: Workers,
        progress: Progress, stopwatch: Stopwatch, device: str,
    ) -> None:  # fmt: skip
        self.plan = plan
        self.folder = folder
        self.registry = registry
        self.plugins = plugins
        self.workers = workers
        self.progress = progress
        self.stopwatch = stopwatch
        self.device = device
        self.environment = ""
        self.made: list[Record] = []
        with stopwatch("preparing"):
            self.records, _ = folder.records(), folder.calls()  # whichever is damaged is noticed now
            progress.start(count_runs(plan), self.records.values())

    def search(self) -> None:
        """Every trial of every arm."""
        study = self.plan.study
        with self.stopwatch("asking"):
            storage = open_storage(self.folder.journal)
            arms, direction = self.plan.arms, self.plan.direction
            searches = {arm.name: ArmSearch(arm, study.search, study.seed, direction, storage) for arm in arms}
        met: set[tuple[str, int]] = set()
        while True:
            with self.stopwatch("asking"):
                asked = {arm: search.ask() for arm, search in searches.items()}
                # Not only those asked for now: the records are the truth, and one may be lost or another's.
                requests = [
                    Request(phase="search", arm=arm, trial=trial, seed_index=seeds.TUNING[0],
                            configuration=search.arm.configuration(params))
                    for arm, search in searches.items()
                    for trial, params in search.params().items()
                    if (arm, trial) not in met
                ]  # fmt: skip
            for record in self.run(requests):
                met.add((record.arm, record.trial))
                if record.trial in asked[record.arm]:
                    with self.stopwatch("asking"):
                        searches[record.arm].tell(record.trial, record.metric(study.metric))
            if not any(asked.values()):
                return

    def select(self) -> None:
        """The best trials of each arm, again."""
        study = self.plan.study
        wanted, again = [], seeds.TUNING[1 : 1 + study.select.seeds]
        with self.stopwatch("asking"):
            for arm in self.plan.arms:
                best = shortlist(self.records, arm.name, study.metric, self.plan.direction, study.select.trials)
                wanted += [(record, seed) for seed in again for record in best if len(best) > 1]
        self.rerun("select", wanted)

    def confirm(self) -> None:
        """The chosen trial of each arm, at fresh seed indices."""
        study, direction = self.plan.study, self.plan.direction
        with self.stopwatch("asking"):
            winners = [
                chosen(self.records, arm.name, study.metric, direction, study.select.trials) for arm in self.plan.arms
            ]
        fresh = seeds.CONFIRMATION[: study.confirm.seeds]
        self.rerun("confirm", [(record, seed) for seed in fresh for record in winners if record])

    def rerun(self, phase: Phase, wanted: Sequence[tuple[Record, int]]) -> None:
        """Run the configurations of some records at other seed indices."""
        with self.stopwatch("asking"):
            requests = [record.again(phase, seed) for record, seed in wanted]
        for _ in self.run(requests):
            pass

    def run(self, requests: Sequence[Request]) -> Iterator[Record]:
        """A record for each request: those that the folder has, then the others as they come."""
        missing = []
        for request in requests:
            if request.key not in self.records:
                missing.append(request)
                continue
            record = self.records[request.key]
            if record.fingerprint != request.configuration.fingerprint:
                raise ResultError(f"{self.folder.records_file}: the record of {record.key} is of another configuration")
            yield record
        cohorts = make_cohorts(missing, max(1, self.workers.count))
        jobs = [self._job(cohort) for cohort in cohorts]
        if jobs:
            with self.stopwatch("writing"):
                self._prepare(missing[0].phase)
        for number, outcomes in self.stopwatch.each("waiting", self.workers.run(jobs)):
            for request, outcome in zip(cohorts[number], outcomes, strict=True):
                with self.stopwatch("writing"):
                    record = self._record(request, outcome)
                    self.folder.append(record)
                self.made.append(record)
                self.records[record.key] = record
                self.progress.add(record)
                yield record

    def _prepare(self, phase: Phase) -> None:
        """Say which phase begins, describe where its runs are made, and warn of code that is not what it was."""
        self.progress.phase(phase)
        if not self.environment:
            environment = describe(self.registry, self.device)
            self.environment = key_of(environment)
            self.folder.add_environment(self.environment, environment)
            for name in sorted(self._changed()):
                self.progress.warn(f"{name} is not the code that earlier runs in {self.folder.path} were made with")

    def _changed(self) -> set[str]:
        return {
            f"{choice} {each['name']!r}"
            for record in self.records.values()
            for choice, each in record.configuration["choices"].items()
            if record.components[choice]["source"] != self.registry.component(choice, each["name"]).source
        }

    def _job(self, cohort: Sequence[Request]) -> Job:
        return Job(
            cohort=Cohort(
                configurations=tuple(request.configuration for request in cohort),
                study_seed=self.plan.study.seed,
                seed_index=cohort[0].seed_index,
                device=self.device,
            ),
            problem=self.plan.selection,
            digest=self.plan.problem.digest,
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
            path=outcome.path,
            seconds=outcome.seconds,
            components=components,
            environment=self.environment,
        )

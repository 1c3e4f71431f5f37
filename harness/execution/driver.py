"""From requested runs to records: a record is on the disk before anybody else hears of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.errors import ResultError
from harness.execution.environment import describe, key_of
from harness.execution.job import Job, make_cohorts
from harness.execution.pool import Workers
from harness.execution.progress import Progress
from harness.execution.stopwatch import Stopwatch
from harness.plugin.registry import Registry
from harness.records.folder import ResultFolder
from harness.records.record import Phase, Record, Request
from harness.study.plan import Plan
from harness.training.cohort import Cohort
from harness.training.run import Outcome


class Driver:
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
                self.prepare(missing[0].phase)
        for number, outcomes in self.stopwatch.each("waiting", self.workers.run(jobs)):
            for request, outcome in zip(cohorts[number], outcomes, strict=True):
                with self.stopwatch("writing"):
                    record = self._record(request, outcome)
                    self.folder.append(record)
                self.made.append(record)
                self.records[record.key] = record
                self.progress.add(record)
                yield record

    def prepare(self, phase: Phase) -> None:
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
                unsealed=cohort[0].phase == "test",
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

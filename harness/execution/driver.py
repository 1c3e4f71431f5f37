"""From requested runs to records: a record is on the disk before the driver yields it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from harness.errors import ResultError, RunsLostError, StoppedError
from harness.execution.environment import describe, key_of
from harness.execution.job import Done, Job, group_requests
from harness.execution.memory import memory_of, too_little
from harness.execution.pool import Workers
from harness.execution.processes import Death
from harness.execution.settings import Execution
from harness.execution.shipping import Lacking, Shipment, Supply
from harness.records.decisions import Decision
from harness.records.folder import ResultFolder
from harness.records.record import Call, Phase, Record, Request
from harness.records.surroundings import surroundings
from harness.study.completion import completed
from harness.study.configuration import Configuration
from harness.study.plan import Plan
from harness.training.cohort import Cohort
from harness.training.run import Outcome
from harness.wording import plural


class Driver:
    """Hands jobs to the workers and writes down what they return.

    ``records``: all records of the folder, by key. ``lost``: how often each run was lost, by key. ``decisions``: all
    its decisions. ``accepted``: what its study has accepted of a changed program. ``made``: the records that this
    driver added. ``environment``: the key under which environment.json describes the machine of its first runs; ''
    before these. Workers elsewhere describe their own.
    """

    def __init__(self, plan: Plan, folder: ResultFolder, execution: Execution, workers: Workers) -> None:
        self.plan = plan
        self.folder = folder
        self.execution = execution
        self.registry = execution.registry
        self.progress = execution.progress
        self.stopwatch = execution.stopwatch
        self.workers = workers
        self.environment = ""
        self._environments: dict[str, Mapping[str, Any]] = {}
        self._told: set[str] = set()
        self.made: list[Record] = []
        with self.stopwatch("preparing"):
            existing = folder.study()
            self.accepted = existing.accepted if existing else ()
            recorded = folder.recorded()
            self.records, self.lost = recorded.records, recorded.lost
            self.decisions = folder.decisions()
            folder.calls()  # a damaged file is noticed now

    def decide(self, decision: Decision) -> None:
        """Write a decision down, before anything follows from it."""
        with self.stopwatch("writing"):
            self.folder.append_decision(decision)
        self.decisions.append(decision)

    def rerun(self, phase: Phase, wanted: Sequence[tuple[Record, int]]) -> None:
        """Run the configurations of some records at other seed indices."""
        with self.stopwatch("asking"):
            requests = [self._again(record, phase, seed) for record, seed in wanted]
        for _ in self.run(requests):
            pass

    def run(self, requests: Sequence[Request]) -> Iterator[list[Record]]:
        """A record for each request: first the records that the folder has, then the new ones as they come.

        Those that come at one time are written together, and given together once all of them are on the disk.

        RunsLostError at the end if workers died with some, and StoppedError if the call's limit came before some:
        whoever went on without these would decide otherwise.
        """
        missing, known = [], []
        for request in requests:
            if request.key not in self.records:
                missing.append(request)
                continue
            record = self.records[request.key]
            if not self._is_of(record, request.configuration):
                raise ResultError(f"{self.folder.records_file}: the record of {record.key} is of another configuration")
            known.append(record)
        if known:
            yield known
        if missing:
            with self.stopwatch("writing"):
                self.prepare(missing[0].phase)
        cohorts = group_requests(missing, max(1, self.workers.count))
        jobs = [self._job(cohort) for cohort in cohorts]
        lost: list[Record] = []
        left = len(missing)
        answers = self.workers.run(jobs, self._goes_on, self._complete)
        for group in self.stopwatch.each("waiting", answers):
            with self.stopwatch("writing"):
                records = [
                    self._record(cohorts[number][position], done, at, environment)
                    for number, positions, done in group
                    for environment in [self._described(done)]
                    for at, position in enumerate(positions)
                ]
                self.folder.append(records)
            left -= len(records)
            ended = [record for record in records if not record.lost]
            for record in records:
                if record.lost:
                    self.lost[record.key] += 1
                    lost.append(record)
            for record in ended:
                self.made.append(record)
                self.records[record.key] = record
                self.progress.add(record)
            if ended:
                yield ended
        if left:
            raise self._stopped()
        if lost:
            first = lost[0]
            runs, them = ("a run was", "it") if len(lost) == 1 else (f"{len(lost)} runs were", "them")
            raise RunsLostError(
                f"{self.folder.path}: {runs} lost: {first.phase} of {first.arm}, trial {first.trial} at seed "
                f"{first.seed_index}: {first.reason}. Everything else is kept; the same command again makes {them} "
                "again, and a run that dies then too counts as failed"
            )

    def _stopped(self) -> StoppedError:
        return StoppedError(f"{self.folder.path}: stopped as it was asked to, after {plural(len(self.made), 'run')}")

    def _goes_on(self) -> bool:
        return not self.execution.ending.is_reached(len(self.made))

    def make_again(self, records: Sequence[Record]) -> list[Outcome | Death]:
        """The outcomes of recorded runs, made once more and not written down; a death for one that was lost."""
        jobs = [self._job([self._again(record, record.phase, record.seed_index)]) for record in records]
        answers = self.workers.run(jobs, complete=self._complete)
        groups = self.stopwatch.each("waiting", answers)
        made = {number: done.outcomes[0] for group in groups for number, _, done in group}
        return [made[number] for number in range(len(records))]

    def _is_of(self, record: Record, wanted: Configuration) -> bool:
        """Whether the record is of the configuration, or of one that lacks only what came later."""
        if record.fingerprint == wanted.fingerprint:
            return True
        recorded = record.configured()
        return record.fingerprint == recorded.fingerprint and self.completed(recorded) == wanted

    def completed(self, configuration: Configuration) -> Configuration:
        """A recorded configuration with what came later, as the folder's study has accepted it."""
        known = {name: value for accepted in self.accepted for name, value in accepted.added.items()}
        return completed(configuration, self.registry, known)

    def _again(self, record: Record, phase: Phase, seed_index: int) -> Request:
        request = record.again(phase, seed_index)
        return replace(request, configuration=self.completed(request.configuration))

    def _memory_warning(self) -> str:
        """Of too little memory on this machine; '' of others' and of GPUs', of which nothing is known here."""
        place = self.execution.place
        if place.is_elsewhere or place.workers is None or self.execution.device != "cpu":
            return ""
        return too_little(memory_of(self.plan), place.workers)

    def prepare(self, phase: Phase) -> None:
        """Announce a phase; before the first one, record the environment, and warn of changed code and of memory."""
        self.progress.phase(phase)
        if not self.environment:
            if warning := self._memory_warning():
                self.progress.warn(warning)
            self.environment = self._add(self.describe())
            for name in sorted(self._changed()):
                self.progress.warn(f"{name} is not the code that earlier runs in {self.folder.path} were made with")

    def describe(self) -> Mapping[str, Any]:
        """The environment that runs are made in: this machine's, or that of a worker elsewhere, once one has come."""
        if not self.workers.place.is_elsewhere:
            return describe(self.registry, self.execution.device)
        return self._elsewhere

    @cached_property
    def _elsewhere(self) -> Mapping[str, Any]:
        with self.stopwatch("waiting"):
            place = self.workers.open().place
            self.progress.workers = lambda: self.workers.count
            if not self.workers.count:
                self.progress.say(f"waiting for workers of {place}")
            if not self.workers.wait_for_one(self._goes_on):
                raise self._stopped()
            self.progress.say(f"{plural(self.workers.count, 'worker')} of {place}")
            return self.workers.describe(
                self.supply.shipment, self.registry.sources, self.execution.device, self._complete
            )

    def _add(self, environment: Mapping[str, Any]) -> str:
        """Note an environment, and return its key; say what sets a second one of this call apart from the first."""
        key = key_of(environment)
        if key not in self._environments:
            self.folder.add_environment(key, environment)
            for first in list(self._environments.values())[:1]:
                before, now = surroundings(first), surroundings(environment)
                differing = [name for name in {**before, **now} if before.get(name) != now.get(name)]
                shown = ", ".join(f"{name} {now.get(name)} and not {before.get(name)}" for name in differing)
                if shown:
                    self.progress.warn(f"workers differ, so numbers may: one has {shown}")
            self._environments[key] = environment
        return key

    def call(self) -> Call:
        """The line of calls.jsonl for the runs that were made so far."""
        return Call(
            jobs=self.workers.most, new_runs=len(self.made), environment=self.environment,
            seconds=self.stopwatch.seconds(),
        )  # fmt: skip

    def _compare(self, here: Mapping[str, Mapping[str, str]], there: Mapping[str, Mapping[str, str]]) -> None:
        """Say which components are other code where a run was made than here, once for each."""
        for choice, origin in here.items():
            if there[choice]["source"] != origin["source"] and choice not in self._told:
                self._told.add(choice)
                self.progress.warn(
                    f"workers have other code of {choice} (plugin {there[choice]['plugin']} "
                    f"{there[choice]['version']}) than this machine: install the same version"
                )

    def _changed(self) -> set[str]:
        """The components whose source differs from the source in earlier records."""
        return {
            f"{choice} {selection['name']!r}"
            for record in self.records.values()
            for choice, selection in record.configuration["choices"].items()
            if record.components[choice]["source"] != self.registry.component(choice, selection["name"]).source
        }

    def _job(self, cohort: Sequence[Request]) -> Job:
        """The job for a cohort of requests."""
        is_fresh = cohort[0].phase in ("confirm", "test")
        return Job(
            cohort=Cohort(
                configurations=tuple(request.configuration for request in cohort),
                study_seed=self.plan.confirmation_seed if is_fresh else self.plan.study.seed,
                seed_index=cohort[0].seed_index,
                device=self.execution.device,
                unsealed=cohort[0].phase == "test",
            ),
            problem=self.plan.selection,
            digest=self.plan.problem.digest,
            sources=self.registry.sources,
            shipment=self.supply.shipment if self.workers.place.is_elsewhere else None,
        )

    @cached_property
    def supply(self) -> Supply:
        """What workers elsewhere are told of this machine, and what they can be sent."""
        names = {
            (choice, chosen.name)
            for arm in self.plan.arms
            for choice, chosen in arm.configuration(arm.defaults()).choices
        }
        return Supply(self.registry, sorted(names), self.plan.problem, self.workers.place.executor)

    def _complete(self, shipment: Shipment, lacking: Lacking) -> Shipment:
        return self.supply.complete(shipment, lacking)

    def _described(self, done: Done) -> str:
        """The key of the environment that runs were made in, which is noted."""
        return self.environment if done.environment is None else self._add(done.environment)

    def _record(self, request: Request, done: Done, at: int, environment: str) -> Record:
        """The record of a request; of one whose workers died, a lost one, and if an earlier call lost it, a failed."""
        outcome = done.outcomes[at]
        lost = isinstance(outcome, Death) and not self.lost[request.key]
        if isinstance(outcome, Death):
            outcome = Outcome.lost(request.configuration, request.seed_index, str(outcome))
        components = {
            choice: self.registry.component(choice, selection.name).origin
            for choice, selection in request.configuration.choices
        }
        if done.origins is not None:
            self._compare(components, done.origins[at])
            components = {choice: dict(origin) for choice, origin in done.origins[at].items()}
        return Record(
            phase=request.phase,
            arm=request.arm,
            repeat=request.repeat,
            round=request.round,
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
            processor_seconds=outcome.processor_seconds,
            components=components,
            environment=environment,
            lost=lost,
        )

"""The phases of a study, end to end: search → select → confirm. A record is on the disk before Optuna is told.

A kill at any moment is healed by the next call: ``ArmSearch.ask`` completes a trial that was half asked,
``search._run_and_tell`` tells Optuna of a record that it has not heard of, ``run_study`` writes missing tables last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.analysis.budgets import is_ranked
from harness.analysis.findings import Findings, findings
from harness.analysis.tables import write_tables
from harness.errors import ResultError
from harness.execution.driver import Driver
from harness.execution.job import remember_loaded
from harness.execution.pool import Workers
from harness.execution.settings import Execution
from harness.phases.search import run_search
from harness.phases.workload import count_runs
from harness.records.folder import ResultFolder
from harness.records.record import Call, Record
from harness.records.results import Results
from harness.records.selection import best_trial, shortlist
from harness.statistics.sequential import is_decided
from harness.study import seeds
from harness.study.changes import differences
from harness.study.plan import Plan
from harness.study.resolved import ResolvedStudy


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The outcome of a call of ``run_study``.

    ``findings``: the folder's results and what follows from them. ``made``: the records that the call added. ``call``:
    where the time of the call went; None if there was nothing to do.
    """

    findings: Findings
    made: list[Record]
    call: Call | None

    @property
    def results(self) -> Results:
        """The folder's results."""
        return self.findings.results

    @property
    def new(self) -> int:
        """How many runs the call made."""
        return len(self.made)

    @property
    def failed(self) -> int:
        """How many of all the folder's runs failed."""
        return sum(bool(record.reason) for record in self.results.records.values())


def run_study(plan: Plan, toml: str, folder: ResultFolder, execution: Execution) -> Summary:
    """Make the runs that a study still lacks, and write its tables.

    ``toml``: the study file's text, which is kept beside the results. ResultError if the folder is in use or holds
    another study.
    """
    stopwatch, progress = execution.stopwatch, execution.progress
    resolved = plan.resolved()
    with folder.locked():
        with stopwatch("writing"):
            _claim(folder, resolved, toml)
        with stopwatch("preparing"):
            remember_loaded(execution.registry, plan.selection, plan.problem)
        with Workers(execution.jobs) as workers:
            driver = Driver(plan, folder, execution, workers)
            progress.start(count_runs(plan), driver.records.values())
            run_search(driver)
            _select(driver)
            _go_on(driver, resolved, _confirm(driver))
            progress.finish()
        with stopwatch("writing"):  # always: a crash may have come between the last record and the tables
            study_findings = findings(Results.of(folder))
            write_tables(folder, study_findings.tables)
        made, call = driver.made, None
        if made:
            call = driver.call()
            folder.append_call(call)
            study_findings = study_findings.after(call)
            write_tables(folder, study_findings.tables, ["timing"])
    return Summary(findings=study_findings, made=made, call=call)


def _claim(folder: ResultFolder, resolved: ResolvedStudy, toml: str) -> None:
    """Write the study into the folder; ResultError, with all that differs, if the folder holds another study."""
    existing = folder.study()
    if existing is not None:
        differing = differences(existing, resolved)
        if differing:
            lines = "\n".join(f"  {line}" for line in differing)
            raise ResultError(
                f"{folder.path}: holds the results of another study; "
                f"choose another folder with --out, or take back:\n{lines}"
            )
    folder.write_study(toml, resolved)


def _select(driver: Driver) -> None:
    """Repeat the best trials of each arm at further tuning seeds; an arm with one trial has nothing to select."""
    study = driver.plan.study
    reruns, further_seeds = [], seeds.TUNING[1 : 1 + study.select.seeds]
    with driver.stopwatch("asking"):
        for arm in driver.plan.arms:
            best = shortlist(driver.records, arm.name, driver.plan.metric, study.select.trials)
            reruns += [(record, seed) for seed in further_seeds for record in best if len(best) > 1]
    driver.rerun("select", reruns)


def _confirm(driver: Driver) -> list[Record]:
    """Run each arm's chosen trial and its defaults at fresh seed indices; returns the chosen trials' records."""
    study, metric = driver.plan.study, driver.plan.metric
    with driver.stopwatch("asking"):
        choices = [best_trial(driver.records, arm.name, metric, study.select.trials) for arm in driver.plan.arms]
        winners = [winner for winner in choices if winner]
        defaults = [driver.records["search", winner.arm, 0, seeds.TUNING[0]] for winner in winners if winner.trial]
    fresh = seeds.CONFIRMATION[: study.confirm.seeds]
    driver.rerun("confirm", [(record, seed) for seed in fresh for record in [*winners, *defaults]])
    return winners


def _go_on(driver: Driver, resolved: ResolvedStudy, winners: Sequence[Record]) -> None:
    """Run every arm's chosen trial at further blocks of seeds, until all comparisons are decided, or to the limit.

    A study without ``confirm.until_decided`` has no looks, and so gets no further blocks.
    """
    for before, now in pairwise(Results(resolved, driver.records).looks):
        with driver.stopwatch("asking"):
            results = Results(resolved, driver.records)
            if is_decided(results.against_baseline) or not is_ranked(results):  # which no number of seeds will change
                return
        block = [(record, seed) for seed in seeds.CONFIRMATION[before:now] for record in winners]
        driver.progress.more(len(block))
        driver.rerun("confirm", block)

"""The phases of a study, end to end: search and select, with rounds of widening, then confirm.

A record is on the disk before Optuna is told, and a decision before what follows from it.

A kill at any moment is healed by the next call: ``ArmSearch.ask`` completes a trial that was half asked,
``Search.run`` tells Optuna of a record that it has not heard of, ``run_study`` writes missing tables last.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise

from harness.analysis.budgets import is_ranked
from harness.analysis.findings import Findings, findings
from harness.analysis.tables import write_tables
from harness.errors import StoppedError
from harness.execution.driver import Driver
from harness.execution.job import remember_loaded
from harness.execution.pool import Workers
from harness.execution.settings import Execution
from harness.phases.building import check_classes
from harness.phases.claiming import ANOTHER, accept, check
from harness.phases.search import Search
from harness.phases.widening import decide_rounds
from harness.phases.workload import count_extra_runs, count_runs
from harness.records.decisions import Looked, SmallestDifference
from harness.records.folder import ResultFolder
from harness.records.record import Call, Key, Record
from harness.records.results import Results
from harness.records.selection import best_trial, shortlist
from harness.statistics.sequential import is_decided
from harness.statistics.verdict import smallest_difference
from harness.study import seeds
from harness.study.changes import as_begun
from harness.study.plan import Plan
from harness.study.resolved import ResolvedStudy


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The outcome of a call of ``run_study``.

    ``findings``: the folder's results and what follows from them. ``made``: the records that the call added. ``call``:
    where the time of the call went; None if there was nothing to do. ``stopped``: whether its limit came first.
    """

    findings: Findings
    made: list[Record]
    call: Call | None
    stopped: bool = False

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
    with folder.locked():
        existing = folder.study()
        plan = as_begun(plan, existing)
        resolved = plan.resolved()
        if existing is not None:
            check(existing, resolved, f"{folder.path}: {ANOTHER}")
        with stopwatch("preparing"):
            remember_loaded(execution.registry, plan.selection, plan.problem)
            if existing is None:
                check_classes(plan)
        with Workers(execution.place, execution.progress.warn) as workers:
            driver = Driver(plan, folder, execution, workers)
            if existing is not None:
                resolved = accept(driver, existing, resolved)
            with stopwatch("writing"):
                folder.write_study(toml, resolved)
            progress.start(count_runs(plan), driver.records.values())
            progress.more(count_extra_runs(plan, driver.decisions))
            if existing is not None:
                _remember_look(driver, existing)
            stopped = False
            try:
                _tune(driver, resolved)
                _freeze_delta(driver, resolved)
                _confirm(driver, resolved)
                _go_on(driver, resolved)
                _look(driver, resolved)
                progress.finish()
            except StoppedError:
                stopped = True
        with stopwatch("writing"):  # always: a crash may have come between the last record and the tables
            study_findings = findings(Results.of(folder))
            write_tables(folder, study_findings.tables)
        made, call = driver.made, None
        if made:
            call = driver.call()
            folder.append_call(call)
            study_findings = study_findings.after(call)
            write_tables(folder, study_findings.tables, ["timing"])
    return Summary(findings=study_findings, made=made, call=call, stopped=stopped)


def _tune(driver: Driver, resolved: ResolvedStudy) -> None:
    """Search and select, with further rounds of the search while a winner lies at the end of a range.

    First the leader of each search is looked at, then, where that is settled, the trial that selection has chosen. What
    happens next depends on records and decisions alone, so that a call that goes on does what the last would have done.
    """
    with closing(Search(driver, _results(driver, resolved))) as search:
        _search_and_select(driver, resolved, search)


def _search_and_select(driver: Driver, resolved: ResolvedStudy, search: Search) -> None:
    study, metric = driver.plan.study, driver.plan.metric
    while True:
        results = _results(driver, resolved)
        search.run(results)
        with driver.stopwatch("asking"):
            places = [(arm, repeat) for arm in results.arms for repeat in results.repeats]
            first = {
                (arm, repeat): next(iter(shortlist(driver.records, arm, metric, 1, repeat)), None)
                for arm, repeat in places
            }
            goes_on = decide_rounds(driver, results, first)
        if not goes_on:
            _select(driver, results)
            with driver.stopwatch("asking"):
                count = study.select.trials
                chosen = {place: best_trial(driver.records, place[0], metric, count, place[1]) for place in places}
                goes_on = decide_rounds(driver, results, chosen)
        if not goes_on:
            return


def _select(driver: Driver, results: Results) -> None:
    """Repeat the best trials of each arm, and its defaults, at further tuning seeds.

    The only trial of an arm has nothing to be selected from; defaults that failed in the search do not run again.
    """
    study = driver.plan.study
    reruns = []
    with driver.stopwatch("asking"):
        for arm in results.arms:
            for repeat in results.repeats:
                best = shortlist(driver.records, arm, driver.plan.metric, study.select.trials, repeat)
                wanted = {record.which: record for record in best if len(best) > 1}
                defaults = _defaults(driver, arm, repeat)
                if study.select.defaults and not defaults.reason:
                    wanted[defaults.which] = defaults
                further_seeds = seeds.tuning(repeat, study.select.seeds)[1:]
                reruns += [(record, seed) for seed in further_seeds for record in wanted.values()]
    driver.rerun("select", reruns)


def _freeze_delta(driver: Driver, resolved: ResolvedStudy) -> None:
    """Decide δ of a study that gives none, from the spread of the defaults, before anything is confirmed."""
    results = _results(driver, resolved)
    is_frozen = any(isinstance(decision, SmallestDifference) for decision in driver.decisions)
    if resolved.smallest_difference is not None or is_frozen or any(map(results.confirmed, results.arms)):
        return
    groups = results.default_scores(results.metric)
    value = smallest_difference(groups, results.metric)
    if value > 0:  # not nan: of a loss without a spread there is no δ
        runs = sum(len(scores) for scores in groups if len(scores) > 1)
        driver.decide(SmallestDifference(metric=results.metric.name, value=value, runs=runs))


def _remember_look(driver: Driver, existing: ResolvedStudy) -> None:
    """Write down that the verdicts of a finished study were there to be seen, if its folder does not say so yet.

    Folders from before there were decisions say nothing; neither does one that was killed after its last run.
    """
    results = _results(driver, existing)
    if not existing.confirm.until_decided and 0 < existing.confirm.seeds <= results.seeds:
        _write_look(driver, results)


def _look(driver: Driver, resolved: ResolvedStudy) -> None:
    """Write down that the verdicts are looked at now, with so many seeds."""
    results = _results(driver, resolved)
    if results.seen >= resolved.confirm.seeds:
        _write_look(driver, results)


def _write_look(driver: Driver, results: Results) -> None:
    verdicts = {each.a: each.verdict.word.value for each in results.judged}
    if not verdicts or any(each.seeds >= results.seen for each in results.looked):
        return
    planned = results.study.confirm.until_decided and all(each.planned for each in results.looked)
    driver.decide(Looked(seeds=results.seen, planned=planned, verdicts=verdicts))


def _confirm(driver: Driver, resolved: ResolvedStudy) -> None:
    """Run each arm's chosen trials and its defaults at fresh seed indices, each repeat's at its share of them."""
    with driver.stopwatch("asking"):
        results = _results(driver, resolved)
        fresh = seeds.CONFIRMATION[: driver.plan.study.confirm.seeds]
        winners = [winner for arm in results.arms for winner in results.winners(arm)]
        defaults = [_defaults(driver, winner.arm, winner.repeat) for winner in winners if not winner.which.is_defaults]
    driver.rerun("confirm", [each for seed in fresh for each in _at(seed, [*winners, *defaults], results)])


def _at(seed: int, wanted: Sequence[Record], results: Results) -> list[tuple[Record, int]]:
    """(record, seed index) of those whose repeat of the search the seed index belongs to."""
    repeat = seeds.repeat_of(seed, len(results.repeats))
    return [(record, seed) for record in wanted if record.repeat == repeat]


def _defaults(driver: Driver, arm: str, repeat: int) -> Record:
    seed = seeds.tuning(repeat, driver.plan.study.select.seeds)[0]
    return driver.records[Key("search", arm, repeat, 0, 0, seed)]


def _results(driver: Driver, resolved: ResolvedStudy) -> Results:
    """The results as of now."""
    return Results(resolved, driver.records, decisions=driver.decisions)


def _go_on(driver: Driver, resolved: ResolvedStudy) -> None:
    """Run every arm's chosen trial at further blocks of seeds, until all comparisons are decided, or to the limit.

    A study without ``confirm.until_decided`` has no looks, and so gets no further blocks; one that repeats its search
    has none either. Of a study of one arm, the defaults go on too.
    """
    for before, now in pairwise(_results(driver, resolved).looks):
        with driver.stopwatch("asking"):
            _look(driver, resolved)
            results = _results(driver, resolved)
            if results.seen > before:
                continue  # an earlier call went on
            if is_decided(results.judged) or not is_ranked(results):  # which no number of seeds will change
                return
        wanted = [winner for arm in results.arms for winner in results.winners(arm)]
        if len(results.arms) == 1:
            wanted += [_defaults(driver, winner.arm, winner.repeat) for winner in wanted]
        block = [(record, seed) for seed in seeds.CONFIRMATION[before:now] for record in wanted]
        driver.progress.more(len(block))
        driver.rerun("confirm", block)

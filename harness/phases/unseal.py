"""``harness unseal``: measure the chosen configurations on the test split, once; ledger.jsonl keeps the time.

Models are not kept: each confirmation run is repeated, which gives the same model on the same machine, and this time
it is measured on the test split too.
"""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Sequence
from pathlib import Path

from harness.analysis.findings import Findings, findings
from harness.analysis.tables import write_tables
from harness.errors import ResultError, StudyError
from harness.execution.driver import Driver
from harness.execution.job import remember_loaded
from harness.execution.pool import Workers
from harness.execution.settings import Execution
from harness.phases.claiming import accept, check
from harness.phases.widening import rounds_of
from harness.phases.workload import count_trials
from harness.plugin.kinds import KINDS
from harness.plugin.names import MEMBER, full_name
from harness.plugin.registry import Registry
from harness.records.folder import ResultFolder
from harness.records.record import Opening, Record
from harness.records.results import Results
from harness.records.selection import search_records
from harness.statistics.sequential import is_decided
from harness.study.arm import Arm
from harness.study.changes import as_begun
from harness.study.file import read_study
from harness.study.plan import Plan, make_plan
from harness.study.seeds import repeat_of
from harness.study.study import Study, options_of


def open_test_split(
    folder: ResultFolder, execution: Execution, *, again: bool = False, code: Sequence[str] = (),
    overrides: Sequence[str] = (),
) -> Findings:  # fmt: skip
    """Repeat the confirmation runs, measured on the test split, and write the tables.

    ``again``: whether to open the split although it was opened for another choice. ``code``: the files and modules
    whose code may run because the folder names it. ``overrides``: of ``--set``, as where data have moved. ResultError
    if it was opened and ``again`` is false, if the confirmation is not finished, if the folder names other code, and if
    data or plugins are not those of the study.
    """
    progress, stopwatch = execution.progress, execution.stopwatch
    with folder.locked():
        with stopwatch("preparing"):
            existing = folder.existing_study()
            overrides = (*existing.overrides, *overrides)
            study, draft = read_study(folder.study_toml, overrides)
            named = _check_code(folder, study, execution.registry, code)
            used = ", ".join(dict.fromkeys([*(plugin.name for plugin in execution.registry.plugins), *named]))
            try:
                plan = as_begun(make_plan(study, draft, execution.registry, tuple(overrides)), existing)
            except StudyError as error:
                if moved := _not_found(study):
                    raise StudyError(
                        f"{error}; if that was moved: harness unseal {folder.path} --set {moved}"
                    ) from error
                raise
            check(existing, plan.resolved(), f"{folder.path}: data or plugins are not those of the study")
            results = Results.of(folder)
            reruns = _reruns(folder, plan, results)
            opening = _opening(results, reruns)
            is_known = _is_known(folder, opening, again=again)
            progress.say(f"runs code of {used}")
            remember_loaded(execution.registry, plan.selection, plan.problem)
        with Workers(execution.place, execution.progress.warn) as workers:
            driver = Driver(plan, folder, execution, workers)
            folder.write_study(folder.given() or "", accept(driver, existing, plan.resolved()))
            done = [record for record in driver.records.values() if record.phase == "test"]
            progress.start({"test": len(reruns)}, done)
            driver.prepare("test")  # what can fail, fails before the seal is broken
            if not is_known:
                folder.append_ledger(opening)  # before the first number exists
            driver.rerun("test", reruns)
            progress.finish()
        if driver.made:
            folder.append_call(driver.call())
        study_findings = findings(Results.of(folder))
        write_tables(folder, study_findings.tables)
    results = study_findings.results
    differing = _differing(results, driver.made)
    if differing:
        progress.warn(
            f"{differing} of {len(driver.made)} runs did not end with the dev {results.metric} of their confirmation: "
            "this machine, or the code, is not the one that confirmed them"
        )
    return study_findings


def _not_found(study: Study) -> str:
    """The problem's first value that names no file that there is, as ``problem.table.path=…``; '' if there is none."""
    for name, value in study.problem.values.items():
        if isinstance(value, str) and Path(value).suffix and not Path(value).exists():
            return f"{full_name('problem', study.problem.name, name)}=…"
    return ""


def _check_code(folder: ResultFolder, study: Study, registry: Registry, code: Sequence[str]) -> list[str]:
    """The sources of the classes that the folder's study names, ``file.py:Class``; ResultError where one was not given.

    Reading such a name imports it, and the folder may be somebody else's.
    """
    sources: dict[str, str] = {}
    for choice, picks in study.choices.items():
        for pick in picks:
            source, separator, _ = pick.name.rpartition(MEMBER)
            if separator and KINDS[choice].is_class and source not in registry.families(choice):
                sources[source] = pick.name
    sampler, _ = options_of(study.search.sampler)
    if source := sampler.rpartition(MEMBER)[0]:
        sources[source] = sampler
    allowed = {_place(source) for source in (*code, *registry.sources)}
    for source, name in sources.items():
        if _place(source) not in allowed and not _is_installed(source):
            raise ResultError(
                f"{folder.path}: its study names code of its own, {name}, which unseal would run; read it, and say "
                f"that it may: --code {source}"
            )
    return [*sources]


def _place(source: str) -> str:
    return str(Path(source).resolve()) if source.endswith(".py") else source


def _is_installed(module: str) -> bool:
    """Whether a module is one of an installed package; it is not imported."""
    top = module.partition(".")[0]
    return not module.endswith(".py") and top in importlib.metadata.packages_distributions()


def _reruns(folder: ResultFolder, plan: Plan, results: Results) -> list[tuple[Record, int]]:
    """(record, seed index) of the confirmation runs of every arm's chosen trial; ResultError if some are missing."""
    searching = [arm.name for arm in plan.arms if _is_searching(plan, results, arm)]
    winners = [winner for arm in results.arms for winner in results.winners(arm)]
    seeds = _seeds(plan, results, list(dict.fromkeys(winner.arm for winner in winners)))
    if searching or not winners or not seeds:
        raise ResultError(
            f"{folder.path}: not confirmed yet; finish the study with harness run before its test split is opened"
        )
    repeats = len(results.repeats)
    return [(winner, seed) for seed in seeds for winner in winners if winner.repeat == repeat_of(seed, repeats)]


def _is_searching(plan: Plan, results: Results, arm: Arm) -> bool:
    """Whether trials of the arm are missing: of its first search, or of a round of widening that is decided."""
    extra = sum(widening.trials for repeat in results.repeats for widening in rounds_of(arm, results.rounds(repeat)))
    wanted = count_trials(arm, plan.study.search) * len(results.repeats) + extra
    return len(search_records(results.records, arm.name)) < wanted


def _seeds(plan: Plan, results: Results, arms: Sequence[str]) -> list[int]:
    """Seed indices at which all these arms were confirmed; none if the study wants more seeds."""
    shared = set.intersection(*(set(results.confirmed(arm)) for arm in arms)) if arms else set()
    count = len(shared)
    if results.looks:
        reached = [look for look in results.looks if look <= count]
        is_over = bool(reached) and (is_decided(results.judged) or reached[-1] == results.looks[-1])
        count = reached[-1] if is_over else 0
    elif count < plan.study.confirm.seeds:
        count = 0
    return sorted(shared)[:count]


def _opening(results: Results, reruns: Sequence[tuple[Record, int]]) -> Opening:
    """The line of ledger.jsonl: when the split is opened, for which configurations and seeds, after which search."""
    return Opening(
        time=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        seed_indices=sorted({seed for _, seed in reruns}),
        fingerprints=results.fingerprints(),
        runs=len(reruns),
        records=sum(record.phase == "search" for record in results.ordered),
    )


def _is_known(folder: ResultFolder, opening: Opening, *, again: bool) -> bool:
    """Whether the last opening was for the same choice; ResultError if it was for another and ``again`` is false."""
    ledger = folder.ledger()
    if not ledger:
        return False
    last = ledger[-1]
    what = {"fingerprints": "other configurations", "seed_indices": "other seeds", "records": "a shorter search"}
    changed = [words for name, words in what.items() if getattr(last, name) != getattr(opening, name)]
    if changed and not again:
        raise ResultError(
            f"{folder.path}: the test split was opened before, at {last.time}, after {' and '.join(changed)}, "
            "so it is no untouched test of this one; to open it all the same, on record for good: --again"
        )
    return not changed


def _differing(results: Results, made: Sequence[Record]) -> int:
    """Number of test runs whose dev metric is not, to the bit, that of the confirmation run that they repeat."""
    return sum(
        repr(record.score(results.metric))
        != repr(results.records[record.key._replace(phase="confirm")].score(results.metric))
        for record in made
    )

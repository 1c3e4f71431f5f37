"""Whether a result folder goes on with this study: what may have changed since, and the runs that show it did nothing.

Two changes of the program leave no trace in what a folder says of its study. Folders of format 1 know their data by a
digest of files and code, which says nothing to a version that hashes what was prepared. And a choice or hyperparameter
that came later is missing in the configurations that were recorded. In both cases recorded runs are made again, once:
where the same numbers come out, the folder goes on and study.json says why; where others do, one line says by how much.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.analysis.budgets import differing_fields
from harness.errors import ResultError
from harness.execution.driver import Driver
from harness.execution.processes import Death
from harness.plugin.ranges import Value
from harness.records.record import Key, Record
from harness.records.surroundings import surroundings
from harness.study.accepted import Accepted, Remade
from harness.study.changes import differences
from harness.study.completion import added
from harness.study.resolved import ResolvedStudy

ANOTHER = "holds the results of another study; choose another folder with --out, or take back"
CLOSE = 1e-5
"""Relative difference up to which numbers are the same where machine or libraries are not those of the recorded run."""


def check(existing: ResolvedStudy, resolved: ResolvedStudy, refusal: str) -> None:
    """ResultError, ``refusal`` and a line for each difference, where the folder holds another study."""
    if differing := differences(existing, resolved):
        lines = "\n".join(f"  {line}" for line in differing)
        raise ResultError(f"{refusal}:\n{lines}")


def accept(driver: Driver, existing: ResolvedStudy, resolved: ResolvedStudy) -> ResolvedStudy:
    """The study as its folder keeps it from now on, once the program's changes are shown to change none of its runs.

    ``existing``: the study that the folder holds. ResultError where a recorded run, made again, gives other numbers.
    """
    number = resolved.format if existing.format == 1 else existing.format  # 3 differs from 2 in records alone
    resolved = replace(resolved, accepted=existing.accepted, format=number)
    digest = "" if existing.problem.digest == resolved.problem.digest else existing.problem.digest
    lacking = {key: new for key, record in driver.records.items() if (new := _added(driver, record))}
    came = {name: value for new in lacking.values() for name, value in new.items()}
    _check_unsaid(driver, existing, resolved, came)
    accepted = {name for each in existing.accepted for name in each.added}
    came = {name: value for name, value in came.items() if name not in accepted}
    if not digest and not came:
        return resolved
    finished = [record for record in driver.records.values() if not record.reason and record.phase != "test"]
    if digest and driver.records and not finished:
        raise ResultError(
            f"{driver.folder.path}: none of its runs finished, so nothing shows that its data are still the same; "
            "begin again in another folder with --out"
        )
    chosen = _proof(finished, lacking, came)
    remade = _make_again(driver, chosen)
    if remade:
        runs = "; ".join(f"{each.run}: {driver.plan.metric} {each.recorded!r}, now {each.again!r}" for each in remade)
        since = ["its data are known by their content now"] if digest else []
        since += [f"{', '.join(f'{name} = {value}' for name, value in came.items())} came later"] if came else []
        driver.progress.say(f"{driver.folder.path} goes on, though {' and '.join(since)}: made again, {runs}")
    return replace(resolved, accepted=(*existing.accepted, Accepted(digest=digest, added=came, remade=tuple(remade))))


def _check_unsaid(driver: Driver, existing: ResolvedStudy, resolved: ResolvedStudy, came: Mapping[str, Value]) -> None:
    """ResultError where the study gives another value than its default to what its runs do not know."""
    lines = [
        f"  arms.{arm}.defaults.{name}: was absent, now {value!r}"
        for arm in dict.fromkeys(record.arm for record in driver.records.values() if record.arm in existing.arms)
        for name, value in resolved.arms[arm].defaults.items()
        if name not in existing.arms[arm].defaults and came.get(name) != value
    ]
    if lines:
        raise ResultError("\n".join([f"{driver.folder.path}: {ANOTHER}:", *lines]))


def _added(driver: Driver, record: Record) -> Mapping[str, Value]:
    """What a record does not name, because it came later."""
    configuration = record.configured()
    return added(configuration, driver.completed(configuration))


def _proof(
    finished: Sequence[Record], lacking: Mapping[Key, Mapping[str, Value]], came: Mapping[str, Value]
) -> list[Record]:
    """As few recorded runs as have, between them, everything that came later; one where nothing did."""
    chosen: list[Record] = []
    open_names = set(came)
    while open_names:
        shown = {record.key: open_names & lacking.get(record.key, {}).keys() for record in finished}
        best = max(finished, key=lambda record: len(shown[record.key]), default=None)
        if best is None or not shown[best.key]:
            break  # what no finished run has, no number depends on
        chosen.append(best)
        open_names -= shown[best.key]
    return chosen or list(finished[:1])


def _make_again(driver: Driver, chosen: Sequence[Record]) -> list[Remade]:
    """What recorded runs come to when they are made again; ResultError for one with other numbers."""
    if not chosen:
        return []
    here = surroundings(driver.describe())
    environments = driver.folder.environments()
    remade = []
    for record, outcome in zip(chosen, driver.make_again(chosen), strict=True):
        run = f"{record.phase} of {record.arm}, trial {record.trial} at seed {record.seed_index}"
        where = {"there": surroundings(environments.get(record.environment, {})), "here": here}
        # The harness and its plugins are what is to be tested; only what lies below them excuses a last digit.
        moved = differing_fields({place: _below(fields) for place, fields in where.items()})
        now = str(outcome) if isinstance(outcome, Death) else outcome.reason
        last = {} if isinstance(outcome, Death) or now else outcome.curve[-1]
        then = record.curve[-1]
        apart = [name for name in then if name not in last or not _same(then[name], last[name], bool(moved))]
        if apart:
            name = str(driver.plan.metric) if str(driver.plan.metric) in apart else apart[0]
            again = f"fails: {now}" if now else f"has {last.get(name)!r}"
            cause = f" ({'; '.join(moved)})" if moved else ""
            raise ResultError(
                f"{driver.folder.path}: this version makes other runs: {run}, had {name} {then[name]!r}, made again it "
                f"{again}; data, code or machine have changed{cause}; go on with the versions that environment.json "
                "and its records name, or begin again in another folder with --out"
            )
        metric = driver.plan.metric.name
        remade.append(Remade(run=run, recorded=then[metric], again=last[metric]))
    return remade


def _below(fields: Mapping[str, object]) -> dict[str, object]:
    """Machine and libraries alone."""
    return {
        name: fields.get(name)
        for name in ("python", "system", "processor", "cpu_capability", "device", "torch", "numpy")
    }


def _same(then: float, now: float, moved: bool) -> bool:
    return then == now or (moved and math.isclose(then, now, rel_tol=CLOSE))

"""The last chapters of a report: the warnings in full, and how the study was run, so that it can be repeated."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from harness import wording
from harness.analysis.shared_runs import shared
from harness.analysis.widening import widened_ranges
from harness.records.neighbours import neighbours
from harness.report._parts import Block, Cell, Section, Subject, Table
from harness.report.intervals import what_matters
from harness.study.accepted import Accepted
from harness.wording import clean, duration


def warned(subject: Subject) -> Section:
    """The chapter of warnings: each with its evidence, the advice, and the change to paste."""
    warnings = subject.findings.warnings
    reading = (
        "What may be wrong with this comparison, with the evidence and what to do about it."
        if warnings
        else "None: none of the checks found anything to warn of."
    )
    return Section(
        slug="warnings", title="Warnings", reading=reading,
        warnings=[
            replace(advice, id=clean(advice.id), arm=clean(advice.arm) if advice.arm else "") for advice in warnings
        ],
    )  # fmt: skip


def provenance(subject: Subject) -> Section:
    """The chapter on how the study was run: data, settings, environments, fingerprints, time, and the commands."""
    tables = [_fingerprints(subject), _environments(subject), _time(subject)]
    return Section(
        slug="how", title="How it was run",
        reading="The same study file, data and versions on the same kind of machine give the same numbers.",
        facts=[*_facts(subject)], tables=[table for table in tables if table.rows], blocks=_commands(subject),
    )  # fmt: skip


def _facts(subject: Subject) -> Iterable[tuple[str, str]]:
    study, results = subject.results.study, subject.results
    problem = study.problem
    yield "problem", clean(problem.name) + (f" ({_pairs(problem.values)})" if problem.values else "")
    yield "data digest", clean(problem.digest)
    if study.conventions:
        yield "conventions", study.conventions
    yield "metric", f"{results.metric}, {'higher' if results.metric.sign > 0 else 'lower'} is better"
    if delta := what_matters(results):
        yield "smallest difference that matters", delta
    if study.tier:
        yield "tier", clean(study.tier)
    sections = {"model": study.model, "training": study.training, "search": study.search, "select": study.select,
                "confirm": study.confirm}  # fmt: skip
    for name, section in sections.items():
        yield name, _pairs(section.plain())
    for name, how in widened_ranges(results):
        yield f"{clean(name)} widened", how
    yield "study seed", clean(study.seed)
    yield "confirmation seed", _confirmation_seed(subject)
    for accepted in study.accepted:
        yield "gone on with a later version", _accepted(accepted)
    yield "baseline", clean(results.baseline)
    phases: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for record in results.ordered:
        phases[record.phase][0] += 1
        phases[record.phase][1] += bool(record.reason)
    yield (
        "runs",
        ", ".join(f"{total} {phase}" + (f" ({bad} failed)" if bad else "") for phase, (total, bad) in phases.items()),
    )
    yield "test split", _openings(len(results.ledger))


def _confirmation_seed(subject: Subject) -> str:
    """The seed of confirmation, how it came about, and which folders beside this one share its runs on purpose."""
    study, results = subject.results.study, subject.results
    if study.confirmation_seed == study.seed:
        return f"{study.seed}, the study's own, as in older versions: other studies of this seed met the same draws"
    if not study.seed_namespace:
        return f"{study.confirmation_seed}, from data, model, training, what is compared and the study seed"
    parts = [f"{study.confirmation_seed}, from the seed_namespace {study.seed_namespace!r}, data, model and training"]
    for folder, other in neighbours(results).items():
        if (found := shared(results, other)) and found.namespace:
            parts.append(f"on purpose, {found.of(folder)}")
    return clean("; ".join(parts))


def _accepted(accepted: Accepted) -> str:
    parts = [f"data then known by the digest {accepted.digest}"] if accepted.digest else []
    parts += [f"{_pairs(accepted.added)} came later"] if accepted.added else []
    parts += [f"made again, {run.run} had {run.recorded!r} and has {run.again!r}" for run in accepted.remade]
    return clean("; ".join(parts))


def _openings(count: int) -> str:
    return "never opened" if not count else "opened once" if count == 1 else f"opened {count} times"


def _pairs(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{clean(name)} {clean(wording.brief(value))}" for name, value in values.items())


def _fingerprints(subject: Subject) -> Table:
    rows = []
    results = subject.results
    for winner in (winner for arm in results.arms for winner in results.winners(arm)):
        name = winner.arm if len(results.repeats) == 1 else f"{winner.arm} #{winner.repeat + 1}"
        parts = [
            f"{choice} {selection.name} ({origin['plugin']} {origin['version']}, source {origin['source']})"
            for choice, selection in winner.configured().choices if (origin := winner.components.get(choice))
        ]  # fmt: skip
        rows.append([Cell(main=clean(name)), Cell(main=winner.fingerprint), Cell(main="; ".join(map(clean, parts)))])
    header = ["arm", "fingerprint", "components"]
    return Table(
        caption="Chosen configurations", header=header, rows=rows, numeric=[False, False, False], folded=True
    )  # fmt: skip


def _environments(subject: Subject) -> Table:
    rows = []
    counts: dict[str, int] = defaultdict(int)
    for record in subject.results.ordered:
        counts[record.environment] += 1
    for key, environment in subject.results.environments.items():
        packages = _pairs(environment.get("packages") or {})
        machine = ", ".join(
            str(environment[name]) for name in ("processor", "cpu_capability", "system") if environment.get(name)
        )
        cores = f", {environment['cores']} cores" if environment.get("cores") else ""
        software = (
            f"Python {environment.get('python', '?')}, {packages}; plugins {_pairs(environment.get('plugins') or {})}"
        )
        rows.append(
            [
                Cell(main=clean(key)), Cell(main=f"{counts.get(key, 0):,}"),
                Cell(main=clean(f"{machine}{cores}, on {environment.get('device', 'cpu')}")),
                Cell(main=clean(software)), Cell(main=clean(environment.get("commit") or wording.NONE)),
            ]
        )  # fmt: skip
    header = ["environment", "runs", "machine", "software", "commit"]
    return Table(
        caption="Environments", header=header, rows=rows, numeric=[False, True, False, False, False]
    )  # fmt: skip


def _time(subject: Subject) -> Table:
    worked: dict[str, float] = defaultdict(float)
    for record in subject.results.ordered:
        for activity, seconds in record.seconds.items():
            worked[f"runs: {activity}"] += seconds
    for record in subject.results.ordered:
        for activity, seconds in record.processor_seconds.items():
            worked[f"runs: {activity}, processor time"] += seconds
    for call in subject.results.calls:
        for activity, seconds in call.seconds.items():
            worked["calls of harness run, start to end" if activity == "wall" else f"driver: {activity}"] += seconds
    rows = [
        [
            Cell(main=clean(name)),
            Cell(main=f"{seconds:,.1f}"),
            Cell(main=duration(seconds) if seconds >= 1 else "under 1 s"),
        ]
        for name, seconds in worked.items()
    ]
    header = ["activity", "seconds", "that is"]
    return Table(
        caption="Time by activity, summed over runs and calls", header=header, rows=rows, numeric=[False, True, True],
        folded=True,
    )  # fmt: skip


def _surroundings(subject: Subject) -> str:
    environments = subject.results.environments.values()
    plugins = {
        name: version for environment in environments for name, version in (environment.get("plugins") or {}).items()
    }
    devices = dict.fromkeys(str(environment.get("device", "cpu")) for environment in environments)
    had = [f"plugins {_pairs(plugins)}"] if plugins else []
    return clean(", ".join([*had, f"device {' and '.join(devices) or 'cpu'}"]))


def _commands(subject: Subject) -> list[Block]:
    folder = subject.folder or "RESULTS"
    study = subject.results.study
    again = ["harness", "run", f"{folder}/study.toml", "--out", "again"]
    again += [word for override in study.overrides for word in ("--set", override)]
    is_older = study.confirmation_seed == study.seed
    lines = [
        shlex.join(again),
        *(["# tuning gives the same numbers; confirmation had the study's seed, and has fresh draws there"] * is_older),
        f"# and its --plugin and --device, which the study does not hold; these runs had {_surroundings(subject)}",
        shlex.join(["harness", "table", folder, "arms"]),
        shlex.join(["harness", "report", folder, "-o", "report.html"]),
    ]
    blocks = [Block(title="To repeat it", text="\n".join(lines))]
    if subject.toml:
        blocks.append(Block(title="The study file", text=subject.toml, folded=True))
    return blocks

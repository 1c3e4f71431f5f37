"""Arms of several result folders side by side, or any of one: first what differs between them, then who is better."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from harness.analysis._contenders import Contender, contenders, find_baseline, samples_of
from harness.analysis._frame import to_frame
from harness.analysis.arms import COMPARISONS, comparison_row
from harness.analysis.budgets import budget, budget_fields, surroundings
from harness.analysis.standings import Standing, standing
from harness.errors import ResultError, unknown
from harness.metric import STANDARD_METRICS, Direction, Metric
from harness.records.results import Results
from harness.statistics.comparison import Comparison, Sample, compare, compare_pairs
from harness.statistics.verdict import FEWEST, Word
from harness.wording import plural

Pairs = Literal["baseline", "same", "all"]
"""Who is compared: every arm with one baseline, arms with their namesakes in the first folder, or every arm with every
other."""


@dataclass(frozen=True, kw_only=True)
class Joined:
    """A comparison across result folders.

    ``budgets``, ``settings``, ``environments``: what differs between the arms, a line each; with unequal budgets
    there is no ranking. ``standings``: what each confirmed arm reached. ``failed``: arms of which nothing finished.
    ``unconfirmed``: those that may still come. ``notes``: what a reader must know beside that.
    """

    frame: pd.DataFrame
    comparisons: Sequence[Comparison]
    standings: Sequence[Standing]
    baseline: str
    metric: Metric
    budgets: Sequence[str]
    settings: Sequence[str]
    environments: Sequence[str]
    failed: Sequence[str]
    unconfirmed: Sequence[str]
    notes: Sequence[str]


def join(
    folders: Mapping[str, Results], *, baseline: str | None = None, metric: str | None = None, pairs: Pairs = "baseline"
) -> Joined:
    """Compare the confirmed arms of the folders, each under its path.

    ``baseline``: an arm, by name or as it is labelled; the first folder's own where none is given. ``metric``: the
    study's where none is given. ResultError for folders that have no common ground, and for names that are not there.
    """
    first = next(iter(folders.values()))
    judged = _metric(folders, metric or first.metric.name)
    _check_common_ground(folders)
    every = contenders(folders)
    confirmed = [contender for contender in every if contender.runs]
    if len(confirmed) < 2:
        raise ResultError(
            f"{', '.join(folders)}: {plural(len(confirmed), 'confirmed arm')}, and a comparison needs 2; "
            "harness run STUDY confirms them"
        )
    samples = samples_of(confirmed, judged)
    named = confirmed[0].label if pairs != "baseline" and baseline is None else find_baseline(baseline, every)
    delta = first.study.smallest_difference if judged == first.metric else None
    if pairs == "same":
        compared = compare_pairs(_namesakes(confirmed, samples, first), judged, delta)
    else:
        compared = compare(samples, named if pairs == "baseline" else None, judged, delta)
    by_name = {sample.name: sample for sample in samples}
    budgets = budget({contender.label: budget_fields(contender.results, contender.arm) for contender in confirmed})
    rows = [
        comparison_row("arms", by_name[comparison.a], by_name[comparison.b], comparison, judged, comparable=not budgets)
        for comparison in compared
    ]
    return Joined(
        frame=to_frame(rows, COMPARISONS),
        comparisons=compared,
        standings=[
            standing(sample, contender.results, contender.arm)
            for contender, sample in zip(confirmed, samples, strict=True)
        ],
        baseline=named,
        metric=judged,
        budgets=budgets,
        settings=[*budget({path: _settings(results) for path, results in folders.items()}), *_ranges(confirmed)],
        environments=budget({path: _surroundings(results) for path, results in folders.items()}),
        failed=[contender.label for contender in every if contender.has_failed],
        unconfirmed=[contender.label for contender in every if not contender.runs and not contender.has_failed],
        notes=[*_left_out(every), *_unpaired(compared), *_looked(folders)],
    )


def _metric(folders: Mapping[str, Results], name: str) -> Metric:
    """The metric of that name, on which all folders must agree."""
    ways: list[Direction] = []
    for path, results in folders.items():
        known: dict[str, Direction] = {f"dev_{standard}": way for standard, way in STANDARD_METRICS.items()}
        known |= {**results.study.metrics, results.metric.name: results.metric.direction}
        if name not in known:
            raise ResultError(f"{path}: {unknown('metric', name, known)}")
        ways.append(known[name])
    if len(set(ways)) > 1:
        raise ResultError(f"{name} is to be maximised in some of these folders and minimised in others")
    return Metric(name, ways[0])


def _check_common_ground(folders: Mapping[str, Results]) -> None:
    """ResultError unless all folders hold results on the same data, measured in the same way."""
    studies = {path: results.study for path, results in folders.items()}
    first = next(iter(studies))
    for path, study in studies.items():
        here, there = study.problem, studies[first].problem
        if here.digest != there.digest:
            raise ResultError(
                f"{path}: its data ({here.name}) are not those of {first} ({there.name}): "
                "such scores cannot be compared"
            )
        if study.conventions != studies[first].conventions:
            raise ResultError(
                f"{path}: its metrics follow other conventions than those of {first}: {study.conventions!r}, "
                f"not {studies[first].conventions!r}"
            )


def _namesakes(
    confirmed: Sequence[Contender], samples: Sequence[Sample], first: Results
) -> list[tuple[Sample, Sample]]:
    """Pairs of a later folder's arm with the first folder's arm of the same name; ResultError where there is none."""
    both = list(zip(confirmed, samples, strict=True))
    of_first = {contender.arm: sample for contender, sample in both if contender.results is first}
    pairs = [
        (sample, of_first[contender.arm])
        for contender, sample in both
        if contender.results is not first and contender.arm in of_first
    ]
    if not pairs:
        raise ResultError("no arm of a later folder has a namesake in the first: --pairs same compares those")
    return pairs


def _settings(results: Results) -> dict[str, Any]:
    """The settings of a study that all its arms share, that are no budget, and that make scores differ all the same."""
    study = results.study
    sections = {"model": study.model, "training": study.training, "select": study.select}
    flat = {f"{section}.{name}": value for section, values in sections.items() for name, value in values}
    compared = {name.partition(".")[0] for name in study.compare}
    arms = [arm.defaults for arm in study.arms.values()]
    shared = {
        name: value
        for name, value in arms[0].items()
        if name.partition(".")[0] not in compared and all(each.get(name) == value for each in arms)
    }
    return {**flat, **shared, "study seed": study.seed, "smallest_difference": study.smallest_difference}


def _ranges(confirmed: Sequence[Contender]) -> list[str]:
    """In what arms of the same name differ between folders: ranges that they search, and values that they keep."""
    counts = Counter(contender.arm for contender in confirmed)
    lines = []
    for arm in (name for name, count in counts.items() if count > 1):
        fields = {}
        for contender in (contender for contender in confirmed if contender.arm == arm):
            described = contender.results.study.arms[arm]
            space = {name: f"searched in {domain}" for name, domain in described.space.items()}
            compared = {name.partition(".")[0] for name in contender.results.study.compare}
            values = {k: v for k, v in described.defaults.items() if k.partition(".")[0] in compared}
            fields[contender.label] = {**values, **space}
        lines += budget(fields)
    return lines


def _surroundings(results: Results) -> dict[str, object]:
    """What of the environments that computed the confirmation runs can change numbers, with all values it had."""
    keys = sorted({run.environment for arm in results.arms for run in results.confirmed(arm).values()})
    seen: dict[str, set[str]] = {}
    for key in keys:
        for name, value in surroundings(results.environments.get(key, {})).items():
            seen.setdefault(name, set()).add(str(value))
    return {name: " and ".join(sorted(values)) for name, values in seen.items()}


def _left_out(every: Sequence[Contender]) -> list[str]:
    missing = [f"{contender.arm} ({contender.path})" for contender in every if not contender.runs]
    return [f"not confirmed, and left out: {', '.join(missing)}"] if missing else []


def _unpaired(comparisons: Sequence[Comparison]) -> list[str]:
    count = sum(not comparison.difference.paired for comparison in comparisons)
    text = f"{count} of {len(comparisons)} comparisons are not paired, but Welch's: their runs met other random draws"
    return [text] if count else []


def _looked(folders: Mapping[str, Results]) -> list[str]:
    names = ", ".join(path for path, results in folders.items() if results.looks)
    text = f"seeds were added until a verdict was reached in {names}: these intervals do not allow for that"
    return [text] if names else []


def worse(joined: Joined) -> list[str]:
    """A line for each arm that is worse than what it is compared with, or of which nothing finished.

    ResultError where that cannot be said: budgets differ, an arm is not confirmed yet, or there are too few seeds.
    """
    if joined.budgets:
        raise ResultError("--fail-if-worse needs equal budgets, and these differ: " + "; ".join(joined.budgets))
    if joined.unconfirmed:
        raise ResultError(f"--fail-if-worse needs confirmed arms, and these are not: {', '.join(joined.unconfirmed)}")
    dead = [f"{name}: nothing of it finished" for name in joined.failed if name != joined.baseline]
    losers = [
        f"{comparison.a} than {comparison.b}"
        for comparison in joined.comparisons
        if comparison.verdict.word is Word.WORSE
    ]
    open_ = [
        comparison
        for comparison in joined.comparisons
        if comparison.verdict.word is Word.EXPLORATORY and comparison.a not in joined.failed
    ]
    if open_ and not (dead or losers):
        fewest = min(comparison.difference.n for comparison in open_)
        raise ResultError(
            f"--fail-if-worse needs verdicts, and {plural(fewest, 'seed')} give none; run {FEWEST} or more"
        )
    return [*dead, *losers]

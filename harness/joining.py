"""Arms of several result folders side by side, or any of one: first what differs between them, then who is better."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from harness.advice_budget import budget, budget_fields, surroundings
from harness.comparisons import Comparison, Sample, compare, compare_pairs
from harness.errors import ResultError, unknown
from harness.frame import to_frame
from harness.numerals import plural
from harness.problem import STANDARD_METRICS, Direction
from harness.ranking import COMPARISONS, comparison_row
from harness.record import Record
from harness.results import Results

Pairs = Literal["baseline", "same", "all"]
"""Every arm with one baseline; arms with their namesakes in the first folder; every arm with every other."""


@dataclass(frozen=True, kw_only=True)
class Joined:
    """A comparison across result folders.

    ``budgets``, ``settings``, ``environments``: what differs between the arms, a line each; with unequal budgets
    there is no ranking. ``notes``: what a reader must know beside that.
    """

    frame: pd.DataFrame
    comparisons: Sequence[Comparison]
    baseline: str
    metric: str
    direction: Direction
    budgets: Sequence[str]
    settings: Sequence[str]
    environments: Sequence[str]
    notes: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class _Arm:
    label: str
    arm: str
    results: Results
    runs: Mapping[int, Record]


def join(
    folders: Mapping[str, Results], *, baseline: str | None = None, metric: str | None = None, pairs: Pairs = "baseline"
) -> Joined:
    """Compare the confirmed arms of the folders, each under its path.

    ``baseline``: an arm, by name or as it is labelled; the first folder's own where none is given. ``metric``: the
    study's where none is given. ResultError for folders that have no common ground, and for names that are not there.
    """
    first = next(iter(folders.values()))
    metric = metric or first.metric
    direction = _direction(folders, metric)
    _check_data(folders)
    arms = _arms(folders)
    samples = _samples(arms, metric, direction)
    named = _baseline(baseline, arms, first)
    delta = first.study.get("smallest_difference") if metric == first.metric else None
    if pairs == "same":
        found_pairs = _namesakes(arms, samples)
        found = compare_pairs(found_pairs, metric, direction, delta)
    else:
        found_pairs = []
        found = compare(samples, named if pairs == "baseline" else None, metric, direction, delta)
    by_name = {each.name: each for each in samples}
    rows = [comparison_row("arms", by_name[each.a], by_name[each.b], each, metric) for each in found]
    return Joined(
        frame=to_frame(rows, COMPARISONS),
        comparisons=found,
        baseline=named,
        metric=metric,
        direction=direction,
        budgets=budget({each.label: budget_fields(each.results, each.arm) for each in arms}),
        settings=budget({path: _settings(results) for path, results in folders.items()}),
        environments=budget({path: _surroundings(results) for path, results in folders.items()}),
        notes=[*_unconfirmed(folders), *_unpaired(found), *_looked(folders)],
    )


def _direction(folders: Mapping[str, Results], metric: str) -> Direction:
    ways = []
    for path, results in folders.items():
        known: dict[str, Direction] = {f"dev_{name}": way for name, way in STANDARD_METRICS.items()}
        known |= {**results.study.get("metrics", {}), results.metric: results.direction}
        if metric not in known:
            raise ResultError(f"{path}: {unknown('metric', metric, known)}")
        ways.append(known[metric])
    if len(set(ways)) > 1:
        raise ResultError(f"{metric} is to be maximised in some of these folders and minimised in others")
    return ways[0]


def _check_data(folders: Mapping[str, Results]) -> None:
    data = {path: results.study["problem"].get("digest") for path, results in folders.items()}
    first, *rest = data
    for path in rest:
        if data[path] != data[first]:
            here, there = (folders[each].study["problem"]["name"] for each in (path, first))
            raise ResultError(
                f"{path}: its data ({here}) are not those of {first} ({there}): such scores cannot be compared"
            )


def _arms(folders: Mapping[str, Results]) -> list[_Arm]:
    """Every confirmed arm; labelled with its folder where another has the same name."""
    counts = Counter(arm for results in folders.values() for arm in results.arms)
    short = Counter(Path(path).name for path in folders)
    found = []
    for path, results in folders.items():
        place = Path(path).name if short[Path(path).name] == 1 else path
        for arm in results.arms:
            label = arm if counts[arm] == 1 else f"{arm} ({place})"
            if runs := results.confirmed(arm):
                found.append(_Arm(label=label, arm=arm, results=results, runs=runs))
    if len(found) < 2:
        raise ResultError(
            f"{', '.join(folders)}: {plural(len(found), 'confirmed arm')}, and a comparison needs 2; "
            "harness run STUDY confirms them"
        )
    return found


def _samples(arms: Sequence[_Arm], metric: str, direction: Direction) -> list[Sample]:
    """Scores by seed index; a failed run scores the worst value of all arms."""
    for each in arms:
        lacking = [run for run in each.runs.values() if not run.reason and metric not in run.curve[-1]]
        if lacking:
            raise ResultError(f"{each.label}: {unknown('metric', metric, lacking[0].curve[-1])}")
    finished = [run.metric(metric) for each in arms for run in each.runs.values() if not run.reason]
    if not finished:
        raise ResultError("every confirmation run failed: there is nothing to compare")
    worst = min(finished) if direction == "maximise" else max(finished)
    return [
        Sample(
            name=each.label,
            scores={seed: worst if run.reason else run.metric(metric) for seed, run in each.runs.items()},
            failed=sum(bool(run.reason) for run in each.runs.values()),
            stream=each.results.stream,
        )
        for each in arms
    ]


def _baseline(wanted: str | None, arms: Sequence[_Arm], first: Results) -> str:
    own = next((each.label for each in arms if each.results is first and each.arm == first.baseline), arms[0].label)
    if wanted is None:
        return own
    labels = [each.label for each in arms]
    if wanted in labels:
        return wanted
    matching = [each.label for each in arms if each.arm == wanted]
    if len(matching) > 1:
        raise ResultError(f"baseline {wanted!r} is in several folders: {', '.join(matching)}")
    if not matching:
        raise ResultError(unknown("baseline", wanted, labels))
    return matching[0]


def _namesakes(arms: Sequence[_Arm], samples: Sequence[Sample]) -> list[tuple[Sample, Sample]]:
    """Each arm of a later folder with the first folder's arm of the same name."""
    of_first = {each.arm: sample for each, sample in zip(arms, samples, strict=True) if each.results is arms[0].results}
    pairs = [
        (sample, of_first[each.arm])
        for each, sample in zip(arms, samples, strict=True)
        if each.results is not arms[0].results and each.arm in of_first
    ]
    if not pairs:
        raise ResultError("no arm of a later folder has a namesake in the first: --pairs same compares those")
    return pairs


def _settings(results: Results) -> dict[str, Any]:
    """Of the study, what is no budget and yet makes scores differ."""
    study = results.study
    flat = {f"{section}.{name}": value for section in ("model", "training") for name, value in study[section].items()}
    return {**flat, "study seed": study["seed"]}


def _surroundings(results: Results) -> dict[str, object]:
    """Of the environments that confirmed the arms: each thing with all its values."""
    keys = sorted({run.environment for arm in results.arms for run in results.confirmed(arm).values()})
    found: dict[str, set[str]] = {}
    for key in keys:
        for name, value in surroundings(results.environments.get(key, {})).items():
            found.setdefault(name, set()).add(str(value))
    return {name: " and ".join(sorted(values)) for name, values in found.items()}


def _unconfirmed(folders: Mapping[str, Results]) -> list[str]:
    missing = [
        f"{arm} ({path})" for path, results in folders.items() for arm in results.arms if not results.confirmed(arm)
    ]
    return [f"not confirmed, and left out: {', '.join(missing)}"] if missing else []


def _unpaired(found: Sequence[Comparison]) -> list[str]:
    count = sum(not each.difference.paired for each in found)
    return (
        [f"{count} of {len(found)} comparisons are not paired, but Welch's: their runs met other random draws"]
        if count
        else []
    )


def _looked(folders: Mapping[str, Results]) -> list[str]:
    names = [path for path, results in folders.items() if results.looks]
    return (
        [f"seeds were added until a verdict was reached in {', '.join(names)}: these intervals do not allow for that"]
        if names
        else []
    )

"""Arms of one or several result folders side by side: what differs between the folders, and which arm is better."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from harness.analysis._contenders import Contender, contenders, find_baseline, samples_of
from harness.analysis._frame import to_frame
from harness.analysis.arms import COMPARISONS, comparison_row
from harness.analysis.budgets import budget_fields, differing_fields
from harness.analysis.common_ground import common_ground
from harness.analysis.shared_runs import shared_notes
from harness.analysis.standings import Standing, standing
from harness.errors import ResultError, unknown
from harness.metric import STANDARD_METRICS, Direction, Metric
from harness.records.results import Results
from harness.records.surroundings import surroundings
from harness.statistics.comparison import ANYTIME, Comparison, Sample, compare, compare_pairs
from harness.statistics.joint import FEWEST
from harness.statistics.method import FIXED
from harness.statistics.verdict import Word
from harness.wording import plural

Pairs = Literal["baseline", "same", "all"]
"""Which arms are compared: each with one baseline, each with its namesake in the first folder, or all pairs."""


@dataclass(frozen=True, kw_only=True)
class Joined:
    """A comparison across result folders, or of the runs in a table.

    ``standings``: what each confirmed arm reached; ``samples``: its scores. ``sources``: paths of the folders or files.
    ``unit``: what the statistics count, ``seed``, ``search``, ``run``, or ``unit`` where folders differ in that.
    ``budgets``, ``settings``, ``environments``: what differs between arms or folders, a line for each field; with
    unequal budgets there is no ranking. ``failed``: arms of which nothing finished. ``unconfirmed``: arms that may
    still be confirmed. ``notes``: what else a reader must know.
    """

    frame: pd.DataFrame
    comparisons: Sequence[Comparison]
    standings: Sequence[Standing]
    samples: Sequence[Sample]
    sources: Sequence[str]
    baseline: str
    metric: Metric
    unit: str
    budgets: Sequence[str]
    settings: Sequence[str]
    environments: Sequence[str]
    failed: Sequence[str]
    unconfirmed: Sequence[str]
    notes: Sequence[str]


def join(
    folders: Mapping[str, Results], *, baseline: str | None = None, metric: str | None = None,
    pairs: Pairs = "baseline", smallest_difference: float | None = None,
) -> Joined:  # fmt: skip
    """Compare the confirmed arms of the folders. ``folders``: path → results.

    ``baseline``: an arm's name or label; None: the baseline of the first folder's study. ``metric``: None: the metric
    of that study. ``smallest_difference``: δ in units of the metric; None: that study's.

    ResultError for folders with different data or conventions, and for unknown names.
    """
    first_results = next(iter(folders.values()))
    judging_metric = _metric(folders, metric or first_results.metric.name)
    folders, ground = common_ground(folders)
    first_results = next(iter(folders.values()))
    all_contenders = contenders(folders)
    confirmed = [contender for contender in all_contenders if contender.runs]
    if len(confirmed) < 2:
        raise ResultError(
            f"{', '.join(folders)}: {plural(len(confirmed), 'confirmed arm')}, and a comparison needs 2; "
            "harness run STUDY confirms them"
        )
    samples = samples_of(confirmed, judging_metric)
    needs_baseline = pairs == "baseline" or baseline is not None
    baseline_label = find_baseline(baseline, all_contenders) if needs_baseline else confirmed[0].label
    delta = smallest_difference or _delta(first_results, judging_metric)
    # Only paired scores have a test that holds however often somebody looked.
    is_paired = len({sample.stream for sample in samples}) == 1
    looked = [path for path, results in folders.items() if results.is_sequential]
    method = ANYTIME if looked and is_paired else FIXED
    units = {results.unit for results in folders.values()}
    unit = units.pop() if len(units) == 1 else "unit"
    later = first_results.going_on
    if pairs == "same":
        comparisons = compare_pairs(
            _namesakes(confirmed, samples, first_results), judging_metric, delta, method=method, going_on=later
        )
    else:
        against = baseline_label if pairs == "baseline" else None
        comparisons = compare(samples, against, judging_metric, delta, method=method, going_on=later)
    untuned = {contender.label for contender in confirmed if contender.arm in contender.results.untuned}
    comparisons = [comparison.withheld(untuned) for comparison in comparisons]
    by_name = {sample.name: sample for sample in samples}
    budgets = differing_fields(
        {contender.label: budget_fields(contender.results, contender.arm) for contender in confirmed}
    )
    rows = [
        comparison_row("arms", by_name[pair.a], by_name[pair.b], pair, judging_metric, unit, comparable=not budgets)
        for pair in comparisons
    ]
    return Joined(
        frame=to_frame(rows, COMPARISONS),
        comparisons=comparisons,
        standings=[
            standing(sample, contender.runs, contender.results, contender.arm)
            for contender, sample in zip(confirmed, samples, strict=True)
        ],
        samples=samples,
        sources=list(folders),
        baseline=baseline_label,
        metric=judging_metric,
        unit=unit,
        budgets=budgets,
        settings=[
            *differing_fields({path: _settings(results) for path, results in folders.items()}),
            *_ranges(confirmed),
        ],
        environments=differing_fields({path: _surroundings(results) for path, results in folders.items()}),
        failed=[contender.label for contender in all_contenders if contender.has_failed],
        unconfirmed=[
            contender.label for contender in all_contenders if not contender.runs and not contender.has_failed
        ],
        notes=[
            *_left_out(all_contenders),
            *_unpaired(comparisons, unit),
            *_looked(looked, allowed_for=is_paired),
            *ground,
            *shared_notes(folders),
        ],
    )


def _metric(folders: Mapping[str, Results], name: str) -> Metric:
    """The metric of that name; ResultError unless all folders have it with the same direction."""
    directions: list[Direction] = []
    for path, results in folders.items():
        known: dict[str, Direction] = {f"dev_{standard}": direction for standard, direction in STANDARD_METRICS.items()}
        known |= {**results.study.metrics, results.metric.name: results.metric.direction}
        if name not in known:
            raise ResultError(f"{path}: {unknown('metric', name, known)}")
        directions.append(known[name])
    if len(set(directions)) > 1:
        raise ResultError(f"{name} is to be maximised in some of these folders and minimised in others")
    return Metric(name, directions[0])


def _namesakes(
    confirmed: Sequence[Contender], samples: Sequence[Sample], first: Results
) -> list[tuple[Sample, Sample]]:
    """(sample of a later folder's arm, sample of its namesake in the first folder); ResultError if there is no pair."""
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
    """The settings that all arms of a study share, without the budget: scores depend on them."""
    study = results.study
    sections = {"model": study.model, "training": study.training, "select": study.select}
    flat = {f"{section}.{name}": value for section, values in sections.items() for name, value in values}
    compared = {name.partition(".")[0] for name in study.compare}
    arms = [arm.defaults for arm in study.arms.values()]
    shared = {
        name: value
        for name, value in arms[0].items()
        if name.partition(".")[0] not in compared and all(defaults.get(name) == value for defaults in arms)
    }
    return {**flat, **shared, "study seed": study.seed, "smallest_difference": study.smallest_difference}


def _ranges(confirmed: Sequence[Contender]) -> list[str]:
    """A line for each range or fixed value in which arms of the same name differ between folders."""
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
        lines += differing_fields(fields)
    return lines


def _surroundings(results: Results) -> dict[str, object]:
    """The parts of the confirmation runs' environments that can change numbers, each with all its values."""
    keys = sorted({run.environment for arm in results.arms for run in results.confirmed(arm).values()})
    values_by_name: dict[str, set[str]] = {}
    for key in keys:
        for name, value in surroundings(results.environments.get(key, {})).items():
            values_by_name.setdefault(name, set()).add(str(value))
    return {name: " and ".join(sorted(values)) for name, values in values_by_name.items()}


def _left_out(all_contenders: Sequence[Contender]) -> list[str]:
    missing = [f"{contender.arm} ({contender.path})" for contender in all_contenders if not contender.runs]
    return [f"not confirmed, and left out: {', '.join(missing)}"] if missing else []


def _unpaired(comparisons: Sequence[Comparison], unit: str) -> list[str]:
    known = [comparison for comparison in comparisons if comparison.difference.n]
    count = sum(not comparison.difference.paired for comparison in known)
    of = f"{count} of {plural(len(known), 'comparison')} {'is' if count == 1 else 'are'}"
    why = "their runs met other random draws" + (", or units are searches here and seeds there" * (unit == "unit"))
    return [f"{of} not paired, but Welch's: {why}"] if count else []


def _looked(folders: Sequence[str], *, allowed_for: bool) -> list[str]:
    if not folders:
        return []
    how = (
        "tests and intervals are those that hold however often one looks"
        if allowed_for
        else ("tests and intervals of runs that are not paired do not allow for that")
    )
    return [f"seeds were added after a look at the verdicts in {', '.join(folders)}: {how}"]


def _delta(first: Results, metric: Metric) -> float:
    return first.delta if metric == first.metric else first.delta_of(metric)


def worse(joined: Joined) -> list[str]:
    """A line for each arm that is worse than the arm it is compared with, or of which nothing finished.

    ResultError if no answer is possible: budgets differ, an arm is not confirmed yet, or there are too few seeds.
    """
    if joined.budgets:
        raise ResultError("--fail-if-worse needs equal budgets, and these differ: " + "; ".join(joined.budgets))
    if joined.unconfirmed:
        raise ResultError(f"--fail-if-worse needs confirmed arms, and these are not: {', '.join(joined.unconfirmed)}")
    dead = [f"{name}: nothing of it finished" for name in joined.failed if name != joined.baseline]
    losers = [
        f"{comparison.a} than {comparison.b}"
        for comparison in joined.comparisons
        if comparison.verdict.word in (Word.WORSE, Word.WORSE_UNCLEAR)
    ]
    open_ = [
        comparison
        for comparison in joined.comparisons
        if comparison.verdict.word is Word.EXPLORATORY and comparison.a not in joined.failed
    ]
    if open_ and not (dead or losers):
        fewest = min(comparison.difference.n for comparison in open_)
        raise ResultError(
            f"--fail-if-worse needs verdicts, and {plural(fewest, joined.unit)} give none; run {FEWEST} or more"
        )
    return [*dead, *losers]

"""The chapters of the page with charts of training, search and interactions; None for a chapter without a chart."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import fmean

from harness import wording
from harness.analysis.time_to_target import find_target
from harness.analysis.widening import widened_ranges
from harness.metric import DEV_ACCURACY, DEV_LOSS, TRAIN_LOSS, Metric
from harness.plugin.ranges import Domain, Range
from harness.records.record import Record
from harness.records.results import Results
from harness.report._charts.canvas import Chart
from harness.report._charts.curves import Line, ends_in_words, line_chart
from harness.report._charts.differences import grid_chart, seed_charts, target_chart
from harness.report._charts.search import Trial, sensitivity_chart
from harness.report._parts import Section, Subject, frame_table
from harness.statistics.estimates import estimate
from harness.wording import clean

FIRST = 12
"""Charts of a section that are shown at once; further charts unfold on demand."""


def learning(subject: Subject) -> Section | None:
    """Learning curves: the mean of each arm's confirmation runs over training, with 95% bands."""
    results = subject.results
    runs = {arm: [run for run in results.confirmed(arm).values() if not run.reason] for arm in results.arms}
    everything = [run for arm in runs.values() for run in arm]
    several = [
        measure for measure in (results.metric, DEV_ACCURACY, DEV_LOSS, TRAIN_LOSS) if _often(everything, measure)
    ]
    measures = [measure for measure in several[:1] if measure != TRAIN_LOSS]
    measures += [measure for measure in (DEV_LOSS, TRAIN_LOSS) if measure in several and measure not in measures]
    charts = []
    for number, measure in enumerate(measures):
        lines = [_curve(arm, runs[arm], measure) for arm in results.arms if _often(runs[arm], measure)]
        says = f"{measure.title} over training; at the last step: {ends_in_words(lines)}."
        charts.append(
            line_chart(
                lines, subject.styles, title=measure.title, across="optimiser steps", says=says,
                wide=not number, points=max(len(line.x) for line in lines) <= 12,
            )
        )  # fmt: skip
    if not charts:
        return None
    seeds = sorted({len(runs_of_arm) for runs_of_arm in runs.values() if runs_of_arm})
    count = str(seeds[0]) if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    reading = (
        f"Mean over the {count} confirmation runs of each arm that finished, with the 95% t interval of the mean as a "
        "band at each evaluation point; arms that still rise at the end might change places in longer training."
    )
    return Section(slug="learning", title="Learning curves", reading=reading, charts=charts)


def _often(runs: Iterable[Record], measure: Metric) -> bool:
    """Whether a run measured the metric at more than one evaluation point."""
    return any(sum(measure.name in point for point in run.curve) >= 2 for run in runs)


def _curve(arm: str, runs: Sequence[Record], measure: Metric) -> Line:
    by_step: dict[float, list[float]] = {}
    for run in runs:
        for point in run.curve:
            if measure.name in point:
                by_step.setdefault(point["step"], []).append(point[measure.name])
    steps = sorted(by_step)
    levels = [estimate(by_step[step]) for step in steps]
    low, high = (
        [level.mean if math.isnan(value) else value for level, value in zip(levels, values, strict=True)]
        for values in ([level.low for level in levels], [level.high for level in levels])
    )
    return Line(arm=arm, name=arm, x=steps, y=[level.mean for level in levels], low=low, high=high)


def tuning(subject: Subject) -> Section | None:
    """Tuning curves: the expected score of the best of k trials, by arm."""
    results, rows = subject.results, subject.rows("tuning_curve")
    lines = []
    for arm in results.arms:
        points = [row for row in rows if row["arm"] == arm and row["expected_best"] is not None]
        if points:
            lines.append(
                Line(arm=arm, name=arm, x=[row["trials"] for row in points], y=[row["expected_best"] for row in points])
            )
    if not lines:
        return None
    title = f"Expected {results.metric.title} of the best of k trials"
    says = f"{title}; with all of them: {ends_in_words(lines)}."
    chart = line_chart(lines, subject.styles, title=title, across="k, trials of the search", says=says, points=True)
    reading = (
        "The expected best score, at the search's own seed, of k trials drawn at random from these. It rises by luck "
        "alone, and of points spread as evenly as Sobol's it shows too little: whether tuning gained anything is said "
        "by winner against defaults, on fresh seeds. Where curves cross, the order of the arms depends on the budget."
    )
    return Section(slug="tuning", title="Tuning curves", reading=reading, charts=[chart])


def sensitivity(subject: Subject) -> Section | None:
    """Sensitivity: the trials' scores against their values, for each searched hyperparameter of each arm."""
    results = subject.results
    trials = subject.rows("trials")
    shares: dict[tuple[str, str], list[float]] = {}
    for row in subject.rows("sensitivity"):
        if row["importance"] is not None:
            shares.setdefault((row["arm"], row["hyperparameter"]), []).append(row["importance"])
    charts = []
    for arm in results.arms:
        trials_of_arm = [row for row in trials if row["arm"] == arm]
        for name, domain in _widest(results, arm).items():
            dots = [
                Trial(
                    defaults=not row["trial"] and not row.get("round"), value=row[name], chosen=bool(row["chosen"]),
                    score=math.nan if row["reason"] or row["score"] is None else float(row["score"]),
                )
                for row in trials_of_arm if row.get(name) is not None
            ]  # fmt: skip
            if not dots:
                continue
            of_repeats = shares.get((arm, name))
            note = f", importance {wording.percent(fmean(of_repeats))}" if of_repeats else ""
            charts.append(sensitivity_chart(arm, name, domain, dots, subject.styles[arm], results.metric, note))
    if not charts:
        return None
    reading = (
        f"Each dot is a trial of the search ({results.metric.title} at one seed): the large one was chosen, "
        "the diamond is the component's defaults, a cross failed, a small triangle lies off the scale; the lines are "
        "the bounds of the range."
    )
    widened = widened_ranges(results)
    if widened:
        reading += f" While a winner was at an end, ranges grew: {'; '.join(f'{name} {how}' for name, how in widened)}."
    frame = subject.findings.tables["sensitivity"]
    tables = [frame_table(frame, "Every number of these charts")] if len(frame) else []
    return Section(
        slug="sensitivity", title="Sensitivity", reading=reading, tables=tables, charts=charts[:FIRST],
        more=charts[FIRST:],
    )  # fmt: skip


def _widest(results: Results, arm: str) -> dict[str, Domain]:
    """The domains of what an arm searches, each as wide as any repeat of its search made it."""
    domains = results.ranges(arm)
    for repeat in results.repeats:
        for name, domain in results.ranges(arm, repeat).items():
            widest = domains[name]
            if isinstance(domain, Range) and isinstance(widest, Range):
                low, high = min(domain.low, widest.low), max(domain.high, widest.high)
                domains[name] = replace(widest, low=low, high=high)
    return domains


def seeds(subject: Subject) -> Section | None:
    """Seed by seed: the scores of each arm beside the baseline's."""
    results = subject.results
    base = results.sample(results.baseline).scores
    pairs = []
    for arm in results.arms:
        if arm != results.baseline:
            scores = results.sample(arm).scores
            by_seed = {seed: (base[seed], scores[seed]) for seed in sorted(base.keys() & scores.keys())}
            pairs.append((arm, results.baseline, by_seed))
    charts = seed_charts(pairs, subject.styles, results.metric)
    if not charts:
        return None
    reading = (
        f"{results.metric.title}; a line joins the two runs that met the same seed, so parallel lines mean "
        "that pairing removed most of the noise; bars are means. A seed at which a run failed has no line."
    )
    return Section(
        slug="seeds", title="Seed by seed", reading=reading, charts=charts[:FIRST], more=charts[FIRST:]
    )  # fmt: skip


def interactions(subject: Subject) -> Section | None:
    """Interactions: two heat maps for each pair of compared choices, of means and of interactions."""
    rows = subject.rows("interactions")
    charts = [
        chart for pair in dict.fromkeys((r["first"], r["second"]) for r in rows) for chart in _grids(subject, *pair)
    ]
    if not charts:
        return None
    tested = sum(row["p_adjusted"] is not None for row in rows)
    reading = (
        "First the mean of each combination, blue where it is better than the baseline's, orange where worse; then how "
        "much the effect of one choice changes with the other, against the baseline's levels: zero means that the two "
        "simply add up, blue that they gain by coming together, orange that they lose."
        f"{' The intervals of all interactions hold together with 95%.' if tested > 1 else ''}"
    )
    table = frame_table(subject.findings.tables["interactions"], "Every interaction, with its interval and p")
    return Section(slug="interactions", title="Interactions", reading=reading, charts=charts, tables=[table])


def _grids(subject: Subject, first: str, second: str) -> Iterator[Chart]:
    """The heat maps of two choices: of the arms' means, and of the interactions."""
    results = subject.results
    rows = [row for row in subject.rows("interactions") if (row["first"], row["second"]) == (first, second)]
    settings_of_arm = {name: arm.settings for name, arm in results.study.arms.items()}
    base = settings_of_arm[results.baseline]
    first_levels, second_levels = (
        [*dict.fromkeys(wording.brief(settings[choice]) for settings in settings_of_arm.values())]
        for choice in (first, second)
    )
    row_of_arm = {row["arm"]: row for row in subject.rows("arms")}
    centre = row_of_arm[results.baseline]["mean"]
    sign = results.metric.sign
    means: dict[tuple[str, str], tuple[float, str]] = {}
    for arm, settings in settings_of_arm.items():
        row = row_of_arm[arm]
        is_in_grid = all(settings[choice] == base[choice] for choice in base if choice not in (first, second))
        if is_in_grid and row["mean"] is not None:
            text = wording.interval(row["mean"], row["mean_low"], row["mean_high"]).replace(" [", "\n[")
            shift = sign * (row["mean"] - centre) if centre is not None else math.nan
            means[wording.brief(settings[first]), wording.brief(settings[second])] = (shift, text)
    effects = {
        levels: (0.0, "base") for levels in itertools.product(first_levels, second_levels)
        if wording.brief(base[first]) == levels[0] or wording.brief(base[second]) == levels[1]
    }  # fmt: skip
    for row in rows:
        if row["interaction"] is not None:
            low, high = row["simultaneous_low"], row["simultaneous_high"]
            text = wording.interval(row["interaction"], low, high, sign=True)
            key = (wording.brief(row["first_level"]), wording.brief(row["second_level"]))
            effects[key] = (sign * row["interaction"], text.replace(" [", "\n["))
    pair = f"{clean(first)} × {clean(second)}"
    measured = results.metric.title
    for title, cells in ((f"Mean {measured}: {pair}", means), (f"Interaction in {measured}: {pair}", effects)):
        words = "; ".join(f"{clean(a)}, {clean(b)}: {text}" for (a, b), (_, text) in cells.items() if text != "base")
        says = f"{title}. {words.replace(chr(10), ' ')}."
        yield grid_chart(title, says, first_levels, second_levels, cells, (first, second))


def target(subject: Subject) -> Section | None:
    """Time to target: the steps after which each arm's runs reach what the baseline's defaults reach in the end."""
    results, rows = subject.results, subject.rows("time_to_target")
    known = [row for row in rows if row["target"] is not None and row["reached"] is not None and row["n"]]
    last = max((record.steps for record in results.ordered if not record.reason), default=0)
    chart = target_chart(known, subject.styles, find_target(results).metric, last) if last else None
    if chart is None:
        return None
    reading = (
        "The target is the median of what the baseline's defaults reach in the end; point: median step at which runs "
        "got there, bar: from the first to the last run that did; an open triangle at the right edge stands for runs "
        "that never did, which have no time."
    )
    table = frame_table(subject.findings.tables["time_to_target"], "Steps to the target, by arm")
    return Section(slug="target", title="Time to target", reading=reading, charts=[chart], tables=[table])

"""Runs that any tool made, from tables with a row for each run → the same comparison as of result folders."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

from harness.analysis._frame import to_frame
from harness.analysis.across import Joined, Pairs
from harness.analysis.arms import COMPARISONS, comparison_row
from harness.analysis.budgets import differing_fields
from harness.analysis.standings import Standing
from harness.analysis.table_rows import (
    Reading,
    Row,
    Tale,
    called,
    check_reading,
    check_runs,
    last_rows,
    metric_column,
    number_of,
    rows_of,
    score_of,
)
from harness.errors import ResultError, unknown
from harness.metric import Metric, direction_by_name
from harness.records.table import Table
from harness.records.trackers import bare
from harness.statistics.comparison import Sample, compare
from harness.statistics.estimates import estimate
from harness.statistics.method import FIXED
from harness.wording import plural

MOST_ARMS: Mapping[Pairs, int] = {"baseline": 100, "all": 20}
"""The most arms of a table, by what is compared: more values are hardly what somebody compares."""


NO_MEMORY = (
    "a table does not say whether its verdicts were seen before: with runs that are added until there is one, 8 to 15% "
    "of studies err where 5% are allowed; fix the number of runs before the first look"
)
"""What an undecided comparison of a table cannot know; the rates are those of results/calibration.md."""


def join_tables(
    tables: Sequence[Table], reading: Reading, *, baseline: str | None = None, pairs: Pairs = "baseline",
    smallest_difference: float | None = None,
) -> Joined:  # fmt: skip
    """Compare the arms of one table, or of several as if they were one.

    ``baseline``: an arm; None: the first of the table. ``smallest_difference``: δ, in units of the metric; None: half
    the median of the arms' standard deviations. A run fails whose state says so, and one without a finite score.

    DataError with its place for what a table lacks or holds; ResultError for what cannot be compared.
    """
    check_reading(reading, pairs)
    tale = Tale()
    metric = _metric(tables, reading, tale)
    rows = last_rows(rows_of(tables, reading, tale), reading, tale)
    check_runs(rows, reading)
    arms = _arms(rows, reading, tale, MOST_ARMS[pairs])
    budgets = _budgets(arms, reading)
    scores = _scores(arms, reading, metric, tale)
    if baseline is not None and baseline not in arms:
        raise ResultError(unknown("baseline", baseline, arms))
    against = baseline or _first_alive(scores, tale)
    samples = _samples(arms, scores, reading)
    delta = _delta(scores, metric, smallest_difference, tale)
    comparisons = compare(samples, against if pairs == "baseline" else None, metric, delta, going_on=FIXED)
    by_name = {sample.name: sample for sample in samples}
    unit = "seed" if reading.seed else "run"
    if any(comparison.verdict.units for comparison in comparisons):
        tale.notes.append(NO_MEMORY)
    _note_pairing([comparison.difference.paired for comparison in comparisons], reading, tale)
    return Joined(
        frame=to_frame(
            [
                comparison_row("arms", by_name[pair.a], by_name[pair.b], pair, metric, unit, comparable=not budgets)
                for pair in comparisons
            ],
            COMPARISONS,
        ),
        comparisons=comparisons,
        standings=[_standing(sample) for sample in samples],
        samples=samples,
        sources=[table.source for table in tables],
        baseline=against,
        metric=metric,
        unit=unit,
        budgets=budgets,
        settings=[],
        environments=[],
        failed=[name for name, values in scores.items() if all(map(math.isnan, values))],
        unconfirmed=[],
        notes=[*(f"{plural(count, 'row')} left out: {why}" for why, count in tale.kept_out.items()), *tale.notes],
    )


def _first_alive(scores: Mapping[str, Sequence[float]], tale: Tale) -> str:
    """The first arm of the table of which a run finished, which is the baseline where none is named."""
    name = next(name for name, values in scores.items() if not all(map(math.isnan, values)))
    tale.notes.append(f"the baseline is the first arm of the table, {name}; --baseline names another")
    return name


def _metric(tables: Sequence[Table], reading: Reading, tale: Tale) -> Metric:
    name = bare(metric_column(tables[0], reading))
    direction = reading.direction or direction_by_name(name)
    if direction is None:
        raise ResultError(
            f"is a higher or a lower {name!r} better? --direction maximise or --direction minimise says it"
        )
    if reading.direction is None:
        way, other = ("higher", "minimise") if direction == "maximise" else ("lower", "maximise")
        tale.notes.append(f"a {way} {name} is better, as its name says; if not: --direction {other}")
    return Metric(name, direction, foreign=True)


def _arms(rows: Sequence[Row], reading: Reading, tale: Tale, most: int) -> Mapping[str, Sequence[Row]]:
    """Arm → its runs, in the table's order; ResultError unless there are two at least, and ``most`` at most."""
    arms: dict[str, list[Row]] = {}
    for row in rows:
        arms.setdefault(called(reading, row.labels), []).append(row)
    columns = " and ".join(reading.arm)
    if len(arms) < 2:
        raise ResultError(
            f"{rows[0].table.source}: one arm only, {next(iter(arms))!r} in {columns}; a comparison needs 2"
        )
    if len(arms) > most:
        hint = "is that what is compared?" if len(arms) > MOST_ARMS["baseline"] else "--pairs baseline takes more"
        raise ResultError(f"{rows[0].table.source}: {len(arms):,} arms in {columns}, at most {most}: {hint}")
    for place, name in enumerate(reading.arm):
        numbers: dict[float, str] = {}
        for label in dict.fromkeys(row.labels[place] for row in rows):
            value = number_of(label)
            if value is not None and (other := numbers.setdefault(value, label)) != label:
                tale.notes.append(
                    f"{bare(name)}: {other!r} and {label!r} are one number, written in two ways: two arms here"
                )
    return arms


def _budgets(arms: Mapping[str, Sequence[Row]], reading: Reading) -> list[str]:
    """A line if arms were trained to different steps: those at which more than half of an arm's finished runs end.

    Runs that stop early end at steps of their own, and say nothing of their arm's budget.
    """
    if reading.step is None:
        return []
    usual: dict[str, Mapping[str, object]] = {}
    for name, rows in arms.items():
        ends = Counter(row.step for row in rows if not row.failed)
        step, count = max(ends.items(), key=lambda item: item[1], default=(math.nan, 0))
        if 2 * count > ends.total():
            usual[name] = {reading.step: int(step) if step.is_integer() else step}
    return differing_fields(usual)


def _scores(
    arms: Mapping[str, Sequence[Row]], reading: Reading, metric: Metric, tale: Tale
) -> Mapping[str, Sequence[float]]:
    """Arm → the scores of its runs, nan for one that failed; ResultError if all of all arms did."""
    scores: dict[str, list[float]] = {}
    by_state = by_score = 0
    for name, rows in arms.items():
        scores[name] = [math.nan if row.failed else score_of(row, reading) for row in rows]
        by_state += sum(row.failed for row in rows)
        by_score += sum(not row.failed and math.isnan(score) for row, score in zip(rows, scores[name], strict=True))
    if all(math.isnan(score) for values in scores.values() for score in values):
        raise ResultError(f"every run failed: no row has a finite {metric.name}, and there is nothing to compare")
    reasons = {f"{by_state} by their state": by_state, f"{by_score} without a finite {metric.name}": by_score}
    if by_state + by_score:
        why = ", ".join(reason for reason, count in reasons.items() if count)
        tale.notes.append(f"{plural(by_state + by_score, 'run')} failed: {why}")
    return scores


def _samples(
    arms: Mapping[str, Sequence[Row]], scores: Mapping[str, Sequence[float]], reading: Reading
) -> list[Sample]:
    """A sample of each arm, in which a failed run has no score."""
    samples = []
    for name, indices in _indices(arms, reading).items():
        by_index = dict(zip(indices, scores[name], strict=True))
        failed = frozenset(index for index, score in by_index.items() if math.isnan(score))
        samples.append(
            Sample(
                name=name,
                scores={index: score for index, score in by_index.items() if index not in failed},
                failed=failed,
                stream="equal seeds" if reading.paired else f"arm {name}",
            )
        )
    return samples


def _indices(arms: Mapping[str, Sequence[Row]], reading: Reading) -> dict[str, list[int]]:
    """Arm → the seed index of each of its runs: the seed itself where all seeds are whole numbers, else its place."""
    if reading.seed is None:
        return {name: list(range(len(rows))) for name, rows in arms.items()}
    seeds = dict.fromkeys(row.seed for rows in arms.values() for row in rows)
    whole = all(re.fullmatch(r"-?\d+", seed) for seed in seeds)
    index = {seed: int(seed) if whole else place for place, seed in enumerate(seeds)}
    return {name: [index[row.seed] for row in rows] for name, rows in arms.items()}


def _delta(scores: Mapping[str, Sequence[float]], metric: Metric, given: float | None, tale: Tale) -> float:
    """δ: what was given, else half the median of the standard deviations of the arms' finished runs."""
    if given is not None:
        return given
    spreads = [estimate([score for score in values if not math.isnan(score)]).sd for values in scores.values()]
    known = [spread for spread in spreads if not math.isnan(spread)]
    if not known:
        return math.nan
    delta = median(known) / 2
    tale.notes.append(
        f"the smallest difference that matters was not given: {delta:.2g} is half the median of the arms' standard "
        f"deviations, taken from these very runs (--smallest-difference says it in units of {metric.name})"
    )
    return delta


def _note_pairing(paired: Sequence[bool], reading: Reading, tale: Tale) -> None:
    if reading.paired and not all(paired):
        count = len(paired) - sum(paired)
        tale.notes.append(
            f"{count} of {plural(len(paired), 'comparison')} not paired, but Welch's: the arms have no seed in common"
        )
    elif not reading.paired:
        why = (
            "--paired says that equal seeds met equal random draws"
            if reading.seed
            else "no column of seeds is named (--seed)"
        )
        tale.notes.append(f"not paired, but Welch's test: {why}")


def _standing(sample: Sample) -> Standing:
    scores = estimate(list(sample.scores.values()))
    return Standing(
        arm=sample.name, n=len(sample.runs), ok=scores.n, failure_rate=sample.failure_rate,
        scores=tuple(sample.scores.values()), mean=scores.mean, low=scores.low, high=scores.high, sd=scores.sd,
        trial=None, trials=0, chosen=0,
    )  # fmt: skip

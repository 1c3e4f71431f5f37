"""The tables ``arms`` and ``comparisons``. Rows stand in the study's order, whatever the results are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, median
from typing import Any

import pandas as pd

from harness.analysis._frame import searched, to_frame
from harness.analysis.budgets import is_ranked
from harness.analysis.standings import standings
from harness.analysis.verdicts import in_full
from harness.metric import Metric
from harness.records.record import Record
from harness.records.results import Results
from harness.statistics.comparison import Comparison, Sample, compare_pairs
from harness.statistics.estimates import estimate, iqm

COMPARISONS = (
    "kind", "a", "b", "metric", "n", "failed", "paired", "difference", "difference_low", "difference_high",
    "sd_difference", "sd_unpaired", "r", "p", "p_holm", "p_better", "p_better_low", "p_better_high", "delta", "verdict",
    "seeds_needed", "unpaired_seeds",
)  # fmt: skip


def arms(results: Results) -> pd.DataFrame:
    """The table ``arms``: confirmed mean with its interval, difference to the baseline, and how each arm was tuned."""
    compared = {comparison.a: comparison for comparison in results.against_baseline}
    ranked = is_ranked(results)
    rows = []
    for standing in standings(results):
        arm = standing.arm
        scores, winner = list(results.sample(arm).scores.values()), results.chosen(arm)
        runs = list(results.confirmed(arm).values())
        defaults = list(results.default_sample(arm).scores.values())
        values = winner.configured().hyperparameters() if winner else {}
        rows.append(
            {
                "arm": arm,
                "metric": results.metric.name,
                "ok": standing.ok,
                "n": standing.n,
                "mean": standing.mean,
                "mean_low": standing.low,
                "mean_high": standing.high,
                "sd": standing.sd,
                "min": min(scores, default=math.nan),
                "median": median(scores) if scores else math.nan,
                "iqm": iqm(scores),
                **_verdict(compared.get(arm), ranked=ranked),
                "optimism": _optimism(winner, standing.mean, results),
                "train_dev_gap": _train_dev_gap(runs),
                "defaults_mean": estimate(defaults).mean,
                "defaults_ok": len(defaults) - results.default_sample(arm).failed,
                "defaults_n": len(defaults),
                **{name: values.get(name) for name in searched(results)},
                "dimensions": len(results.study.arms[arm].space),
                "trial": standing.trial,
                "trials": standing.trials,
                "steps": winner.steps if winner else None,
                "passes_per_step": winner.passes / winner.steps if winner and winner.steps else math.nan,
                "fingerprint": winner.fingerprint if winner else None,
            }
        )
    return to_frame(rows)


def comparisons(results: Results) -> pd.DataFrame:
    """The table ``comparisons``: every other arm with the baseline, then every tuned arm with its own defaults.

    These are two families for Holm's correction.
    """
    samples = {arm: results.sample(arm) for arm in results.arms}
    pairs = [(samples[comparison.a], samples[comparison.b]) for comparison in results.against_baseline]
    tuned = [results.tuning_pair(arm) for arm in results.arms if (winner := results.chosen(arm)) and winner.trial]
    delta = results.study.smallest_difference
    against_defaults = compare_pairs(tuned, results.metric, delta)
    rows = _rows("arms", pairs, results.against_baseline, results.metric, comparable=is_ranked(results))
    return to_frame(rows + _rows("tuning", tuned, against_defaults, results.metric), COMPARISONS)


def _verdict(comparison: Comparison | None, *, ranked: bool) -> dict[str, Any]:
    """The columns of ``arms`` that compare with the baseline; empty for the baseline, and without a common seed."""
    shown = comparison if comparison and comparison.difference.n else None
    return {
        "difference": shown.difference.mean if shown else math.nan,
        "difference_low": shown.difference.low if shown else math.nan,
        "difference_high": shown.difference.high if shown else math.nan,
        "difference_n": shown.difference.n if shown else None,
        "p_holm": shown.p_holm if shown else math.nan,
        "p_better": shown.better.value if shown else math.nan,
        "p_better_low": shown.better.low if shown else math.nan,
        "p_better_high": shown.better.high if shown else math.nan,
        "verdict": in_full(shown.verdict) if shown and ranked else None,
    }


def _optimism(winner: Record | None, mean: float, results: Results) -> float:
    """By how much the chosen trial's score in the search is better than its confirmed mean, in units of the metric."""
    if winner is None:
        return math.nan
    return results.metric.sign * (winner.score(results.metric) - mean)


def _train_dev_gap(runs: Sequence[Record]) -> float:
    """Accuracy on training data minus accuracy on dev data, in points: the mean over the runs that finished."""
    ends = [run.curve[-1] for run in runs if not run.reason]
    gaps = [
        end["train_accuracy"] - end["dev_accuracy"] for end in ends if {"train_accuracy", "dev_accuracy"} <= end.keys()
    ]
    return fmean(gaps) if gaps else math.nan


def _rows(
    kind: str,
    pairs: Sequence[tuple[Sample, Sample]],
    comparisons: Sequence[Comparison],
    metric: Metric,
    *,
    comparable: bool = True,
) -> list[dict[str, Any]]:
    return [
        comparison_row(kind, a, b, comparison, metric, comparable=comparable)
        for (a, b), comparison in zip(pairs, comparisons, strict=True)
    ]


def comparison_row(
    kind: str, a: Sample, b: Sample, comparison: Comparison, metric: Metric, *, comparable: bool = True
) -> dict[str, Any]:
    """A row of the table ``comparisons``; without a verdict if the arms are not ``comparable``."""
    difference, better = comparison.difference, comparison.better
    numbers = (
        kind, comparison.a, comparison.b, metric.name, difference.n, a.failed + b.failed, difference.paired,
        difference.mean, difference.low, difference.high, difference.sd, difference.sd_unpaired, difference.r,
        difference.p, comparison.p_holm, better.value, better.low, better.high,
        comparison.delta if difference.n else math.nan,
        in_full(comparison.verdict) if difference.n and comparable else None,
        comparison.seeds_needed, comparison.unpaired_seeds,
    )  # fmt: skip
    return dict(zip(COMPARISONS, numbers, strict=True))

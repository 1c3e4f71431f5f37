"""The tables ``arms`` and ``comparisons``. Rows stand in the study's order, whatever the results are."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from statistics import fmean, median
from typing import Any

import pandas as pd

from harness.analysis._frame import searched, to_frame
from harness.analysis.budgets import is_ranked
from harness.analysis.standings import standings
from harness.analysis.verdicts import in_full
from harness.metric import Metric
from harness.plugin.ranges import Value
from harness.records.record import Record
from harness.records.results import Results
from harness.statistics.comparison import Comparison, Sample
from harness.statistics.estimates import estimate, iqm
from harness.wording import brief

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
        scores, winners = list(results.sample(arm).scores.values()), results.winners(arm)
        runs = list(results.confirmed(arm).values())
        defaults = list(results.default_sample(arm).scores.values())
        configured = [winner.configured().hyperparameters() for winner in winners]
        passes = [winner.passes / winner.steps for winner in winners if winner.steps]
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
                "optimism": _optimism(winners, standing.mean, results),
                "train_dev_gap": _train_dev_gap(runs),
                "defaults_mean": estimate(defaults).mean,
                "defaults_ok": len(defaults) - results.default_sample(arm).failed,
                "defaults_n": len(defaults),
                **{name: over_repeats([values.get(name) for values in configured]) for name in searched(results)},
                "dimensions": len(results.study.arms[arm].space),
                "trial": standing.trial,
                **({"round": winners[0].round if len(winners) == 1 else None} if results.study.search.widen else {}),
                "trials": standing.trials,
                "steps": max(winner.steps for winner in winners) if winners else None,
                "passes_per_step": fmean(passes) if passes else math.nan,
                "fingerprint": " ".join(dict.fromkeys(winner.fingerprint for winner in winners)) or None,
            }
        )
    return to_frame(rows)


def comparisons(results: Results) -> pd.DataFrame:
    """The table ``comparisons``: every other arm with the baseline, then every tuned arm with its own defaults.

    These are two families for Holm's correction.
    """
    samples = {arm: results.sample(arm) for arm in results.arms}
    pairs = [(samples[comparison.a], samples[comparison.b]) for comparison in results.against_baseline]
    rows = _rows("arms", pairs, results.against_baseline, results.metric, comparable=is_ranked(results))
    tuning = _rows("tuning", results.tuning_pairs, results.against_defaults, results.metric)
    return to_frame(rows + tuning, COMPARISONS)


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


def over_repeats(values: Sequence[Value | None]) -> Value | None:
    """A hyperparameter's chosen value; over several repeats of the search a text.

    ``0.004 … 0.02`` for numbers, from the least to the greatest; ``adam ×7, sgd ×3`` for others, the most frequent
    first; where some repeats chose a component without it, how many had it.
    """
    if len(values) <= 1:
        return values[0] if values else None
    known = [value for value in values if value is not None]
    numbers = [value for value in known if isinstance(value, int | float) and not isinstance(value, bool)]
    counts = Counter(map(str, known))
    if len(counts) <= 1 and len(known) == len(values):
        return known[0]
    if numbers and len(numbers) == len(known):
        shown = " … ".join(dict.fromkeys(brief(value) for value in (min(numbers), max(numbers))))
        return shown if len(known) == len(values) else f"{shown} (×{len(known)})"
    return ", ".join(f"{value} ×{count}" for value, count in counts.most_common()) or None


def _optimism(winners: Sequence[Record], mean: float, results: Results) -> float:
    """By how much the chosen trials' scores in the search are better than their confirmed mean, in the metric's units.

    A search score and its mean over fresh seeds; of a repeated search the mean over the repeats.
    """
    if not winners:
        return math.nan
    return results.metric.sign * (fmean(winner.score(results.metric) for winner in winners) - mean)


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

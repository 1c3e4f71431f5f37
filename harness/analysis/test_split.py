"""The table ``test``: the chosen configurations' scores on the test split; empty while the split is sealed."""

from __future__ import annotations

import math

import pandas as pd

from harness.analysis._frame import to_frame
from harness.analysis.budgets import is_ranked
from harness.analysis.verdicts import in_full
from harness.records.record import Record
from harness.records.results import Results, sample_of, worst_of
from harness.statistics.comparison import compare
from harness.statistics.estimates import estimate

COLUMNS = (
    "arm", "metric", "ok", "n", "mean", "mean_low", "mean_high", "sd", "difference", "difference_low",
    "difference_high", "p_holm", "verdict", "dev_mean", "openings", "fingerprint",
)  # fmt: skip


def unsealed(results: Results) -> pd.DataFrame:
    """The table ``test``: a row for each arm that was measured on the test split, in the study's order.

    The seeds, and so the pairs, are those of the confirmation runs.
    """
    metric = results.metric.on("test")
    runs = {arm: _runs(results, arm) for arm in results.arms}
    worst = worst_of((record for records in runs.values() for record in records), metric, math.nan)
    samples = [
        sample_of(arm, by_seed, metric, worst, results.stream, results.groups(by_seed))
        for arm, records in runs.items()
        if (by_seed := {record.seed_index: record for record in records})
    ]
    ranked = is_ranked(results)
    compared = {}
    if results.baseline in [sample.name for sample in samples]:
        delta = results.study.smallest_difference
        comparisons = compare(samples, results.baseline, metric, delta)
        compared = {comparison.a: comparison for comparison in comparisons}
    rows = []
    for sample in samples:
        records, with_baseline = runs[sample.name], compared.get(sample.name)
        whole = estimate(list(sample.scores.values()))
        difference = with_baseline.difference if with_baseline else None
        rows.append(
            {
                "arm": sample.name,
                "metric": metric.name,
                "ok": len(sample.scores) - sample.failed,
                "n": whole.n,
                "mean": whole.mean,
                "mean_low": whole.low,
                "mean_high": whole.high,
                "sd": whole.sd,
                "difference": difference.mean if difference else math.nan,
                "difference_low": difference.low if difference else math.nan,
                "difference_high": difference.high if difference else math.nan,
                "p_holm": with_baseline.p_holm if with_baseline else math.nan,
                "verdict": in_full(with_baseline.verdict) if with_baseline and ranked else None,
                "dev_mean": estimate([record.score(results.metric) for record in records if not record.reason]).mean,
                "openings": len(results.ledger),
                "fingerprint": records[0].fingerprint,
            }
        )
    return to_frame(rows, COLUMNS)


def _runs(results: Results, arm: str) -> list[Record]:
    """The test runs of the arm's chosen trials, in the order of their seed indices."""
    chosen = {winner.which for winner in results.winners(arm)}
    runs = [record for record in results.ordered if (record.phase, record.arm) == ("test", arm)]
    return sorted((run for run in runs if run.which in chosen), key=lambda run: run.seed_index)

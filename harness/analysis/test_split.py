"""The table ``test``: the chosen configurations' scores on the test split; empty while the split is sealed."""

from __future__ import annotations

import math

import pandas as pd

from harness.analysis._frame import to_frame
from harness.analysis.budgets import is_ranked
from harness.analysis.verdicts import WORDS
from harness.records.record import Record
from harness.records.results import Results
from harness.records.selection import finished
from harness.statistics.comparison import compare
from harness.statistics.estimates import estimate

COLUMNS = (
    "arm", "metric", "ok", "n", "mean", "mean_low", "mean_high", "sd", "difference", "difference_low",
    "difference_high", "simultaneous_low", "simultaneous_high", "p_adjusted", "verdict", "dev_mean", "openings",
    "fingerprint",
)  # fmt: skip


def unsealed(results: Results) -> pd.DataFrame:
    """The table ``test``: a row for each arm that was measured on the test split, in the study's order.

    The seeds, and so the pairs, are those of the confirmation runs.
    """
    metric = results.metric.on("test")
    runs = {arm: _runs(results, arm) for arm in results.arms}
    samples = [
        results.sample_of(arm, by_seed, metric)
        for arm, records in runs.items()
        if (by_seed := {record.seed_index: record for record in records})
    ]
    ranked = is_ranked(results)
    compared = {}
    if results.baseline in [sample.name for sample in samples]:
        comparisons = compare(samples, results.baseline, metric, results.delta)
        compared = {comparison.a: comparison.withheld(results.untuned) for comparison in comparisons}
    rows = []
    for sample in samples:
        records, with_baseline = runs[sample.name], compared.get(sample.name)
        whole = estimate(list(sample.units.values()))
        difference = with_baseline.difference if with_baseline else None
        rows.append(
            {
                "arm": sample.name,
                "metric": metric.name,
                "ok": len(finished(records)),
                "n": len(records),
                "mean": whole.mean,
                "mean_low": whole.low,
                "mean_high": whole.high,
                "sd": whole.sd,
                "difference": difference.mean if difference else math.nan,
                "difference_low": difference.low if difference else math.nan,
                "difference_high": difference.high if difference else math.nan,
                "simultaneous_low": with_baseline.simultaneous.low if with_baseline else math.nan,
                "simultaneous_high": with_baseline.simultaneous.high if with_baseline else math.nan,
                "p_adjusted": with_baseline.p_adjusted if with_baseline else math.nan,
                "verdict": WORDS[with_baseline.verdict.word] if with_baseline and ranked else None,
                "dev_mean": estimate([record.score(results.metric) for record in finished(records)]).mean,
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

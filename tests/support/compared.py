"""Comparisons and standings that nobody measured, for tests of what is said and drawn of them."""

from __future__ import annotations

import math
from typing import Any

from harness.analysis.standings import Standing
from harness.statistics.comparison import Comparison
from harness.statistics.estimates import Difference, Proportion
from harness.statistics.verdict import Verdict, Word

NEGATIVE = {"mean": -0.61, "low": -0.80, "high": -0.42}


def against(
    a: str = "adam", word: Word = Word.BETTER, b: str = "sgd", *, seeds: int | None = None, n: int = 10,
    mean: float = 0.61, low: float = 0.42, high: float = 0.80, delta: float = 0.1,
) -> Comparison:  # fmt: skip
    """Of a with b: the verdict, with the ``seeds`` that would settle it, and the difference a − b."""
    nan = math.nan
    return Comparison(
        a=a, b=b, p_holm=0.01, better=Proportion(value=nan, low=nan, high=nan), delta=delta,
        difference=Difference(n=n, mean=mean, low=low, high=high, sd=1.0, p=0.01, r=0.5, sd_unpaired=2.0, paired=True),
        verdict=Verdict(word, seeds), seeds_needed=None, unpaired_seeds=None,
    )  # fmt: skip


def arm(name: str = "adam", **changes: Any) -> Standing:
    """An arm that reached 80 in ten runs."""
    fields = {"ok": 10, "n": 10, "mean": 80.0, "low": 79.5, "high": 80.5, "sd": 0.7, "trial": 0, "trials": 1}
    fields["chosen"] = int(changes.get("trial", 0) is not None)
    return Standing(arm=name, **(fields | changes))


def unconfirmed(name: str = "adam", **changes: Any) -> Standing:
    """An arm without a confirmation run."""
    nan = math.nan
    return arm(name, **({"ok": 0, "n": 0, "mean": nan, "low": nan, "high": nan, "sd": nan} | changes))

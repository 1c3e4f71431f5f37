"""Comparisons and standings that nobody measured, for tests of what is said and drawn of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from harness.analysis.standings import Standing
from harness.statistics.comparison import Comparison
from harness.statistics.estimates import Difference, Interval, Proportion, clopper_pearson
from harness.statistics.verdict import Verdict, Word

NAN = math.nan
NEGATIVE = {"mean": -0.61, "low": -0.80, "high": -0.42}


def against(
    a: str = "adam", word: Word = Word.BETTER, b: str = "sgd", *, units: int | None = None, n: int = 10,
    mean: float = 0.61, low: float = 0.42, high: float = 0.80, delta: float = 0.1, values: Sequence[float] = (),
    family: int = 1, **taken_back: Any,
) -> Comparison:  # fmt: skip
    """Of a with b: the verdict, and the difference a − b with its simultaneous interval from ``low`` to ``high``.

    The interval for the comparison alone is half as wide, so that a display of the wrong one shows. ``units``: that
    would settle it, on average and at worst. ``values``: the single differences. ``taken_back``: why a claim is no
    verdict, and how far a forecast looked, as a verdict has them.
    """
    nan = Proportion(value=NAN, low=NAN, high=NAN)
    alone = Difference(
        n=n, mean=mean, low=(mean + low) / 2, high=(mean + high) / 2, sd=1.0, p=0.01, r=0.5, sd_unpaired=2.0,
        paired=True,
    )  # fmt: skip
    return Comparison(
        a=a, b=b, difference=alone, values=tuple(values), family=family, simultaneous=Interval(low, high),
        p_adjusted=0.01, p_equivalent=0.9, better=nan, delta=delta, detectable=1.0,
        verdict=Verdict(word, units, units, **taken_back), unpaired_units=None,
    )  # fmt: skip


def arm(name: str = "adam", **changes: Any) -> Standing:
    """An arm that reached 80 in ten runs, and searched nothing."""
    fields = {"ok": 10, "n": 10, "mean": 80.0, "low": 79.5, "high": 80.5, "sd": 0.7, "trial": 0, "trials": 1} | changes
    fields = {"scores": (80.0,) * fields["ok"], "chosen": int(fields["trial"] is not None)} | fields
    return Standing(arm=name, failure_rate=clopper_pearson(fields["n"] - fields["ok"], fields["n"]), **fields)


def unconfirmed(name: str = "adam", **changes: Any) -> Standing:
    """An arm without a confirmation run."""
    return arm(name, **({"ok": 0, "n": 0, "mean": NAN, "low": NAN, "high": NAN, "sd": NAN} | changes))

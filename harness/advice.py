"""The warnings of a study: why a reader should doubt its numbers, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import pandas as pd

from harness.advice_base import Advice, Warner
from harness.advice_budget import adaptive, budget, environment, thin_search, unequal_budgets
from harness.advice_inclusion import inclusion
from harness.advice_ranges import edge, shared_range
from harness.advice_runs import failures, opened, pairing, seeds, spread
from harness.advice_tuning import coupled_decay, danger, defaults, optimism
from harness.frame import to_frame
from harness.results import Results

__all__ = ["WARNERS", "Advice", "advise", "budget", "warnings_table"]

WARNERS: Mapping[str, Warner] = {
    "EDGE": edge,
    "SEEDS": seeds,
    "BUDGET": unequal_budgets,
    "DIMENSIONS": thin_search,
    "FAILED": failures,
    "DANGER": danger,
    "OPTIMISM": optimism,
    "INCLUSION": inclusion,
    "PAIRING": pairing,
    "ADAPTIVE": adaptive,
    "SHARED-RANGE": shared_range,
    "COUPLED-L2": coupled_decay,
    "SPREAD": spread,
    "TEST": opened,
    "ENVIRONMENT": environment,
    "DEFAULTS": defaults,
}
"""In the order in which they are shown."""


def advise(results: Results) -> list[Advice]:
    """Every warning that applies. Where data are missing there is none."""
    return [each for warner in WARNERS.values() for each in warner(results)]


def warnings_table(results: Results) -> pd.DataFrame:
    """One row a warning."""
    return to_frame([asdict(each) for each in advise(results)], ("id", "arm", "evidence", "advice", "change"))

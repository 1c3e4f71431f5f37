"""The warnings of a study: why a reader should doubt its numbers, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

import pandas as pd

from harness.analysis._frame import to_frame
from harness.analysis.advice._base import Advice, Warner
from harness.analysis.advice._budgets import adaptive, environment, thin_search, unequal_budgets
from harness.analysis.advice._inclusion import inclusion
from harness.analysis.advice._one_search import one_search
from harness.analysis.advice._ranges import edge, shared_range
from harness.analysis.advice._runs import failures, opened, pairing, seeds, spread
from harness.analysis.advice._shared import shared_seeds
from harness.analysis.advice._tuning import coupled_decay, danger, defaults, optimism
from harness.records.results import Results

__all__ = ["WARNERS", "Advice", "advise", "warnings_frame", "warnings_table"]


WARNERS: Mapping[str, Warner] = {
    "EDGE": edge,
    "ONE-SEARCH": one_search,
    "SEEDS": seeds,
    "BUDGET": unequal_budgets,
    "DIMENSIONS": thin_search,
    "FAILED": failures,
    "DANGER": danger,
    "OPTIMISM": optimism,
    "INCLUSION": inclusion,
    "PAIRING": pairing,
    "SHARED-SEEDS": shared_seeds,
    "ADAPTIVE": adaptive,
    "SHARED-RANGE": shared_range,
    "COUPLED-L2": coupled_decay,
    "SPREAD": spread,
    "TEST": opened,
    "ENVIRONMENT": environment,
    "DEFAULTS": defaults,
}
"""Name of a warning → the function that looks for it, in the order in which warnings are shown."""


def advise(results: Results) -> list[Advice]:
    """Every warning that applies to the results; missing data give no warning."""
    return [advice for warner in WARNERS.values() for advice in warner(results)]


def warnings_table(results: Results) -> pd.DataFrame:
    """The table ``warnings``: one row for each warning that applies."""
    return warnings_frame(advise(results))


def warnings_frame(warnings: Sequence[Advice]) -> pd.DataFrame:
    """The table ``warnings`` of warnings that are computed already."""
    return to_frame([asdict(advice) for advice in warnings], ("id", "arm", "evidence", "advice", "change"))

"""Findings: all that is computed from a study's results, once, for tables, terminal, page and notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from harness.analysis.advice.advise import Advice, advise, warnings_frame
from harness.analysis.standings import Standing, standings
from harness.analysis.tables import Tables
from harness.records.record import Call
from harness.records.results import Results
from harness.statistics.comparison import Comparison


@dataclass(frozen=True, kw_only=True)
class Findings:
    """The results of a study and all that is computed from them.

    ``standings``: what each arm reached, in the study's order. ``comparisons``: every other arm with the baseline.
    ``warnings``: in the order in which they are shown. ``tables``: name → table, computed at the first access.
    """

    results: Results
    standings: Sequence[Standing]
    comparisons: Sequence[Comparison]
    warnings: Sequence[Advice]
    tables: Mapping[str, pd.DataFrame]

    @property
    def budgets(self) -> str:
        """How the arms' budgets differ, so that the arms may not be ranked; '' if the budgets are equal."""
        return next((advice.evidence for advice in self.warnings if advice.id == "BUDGET"), "")

    def after(self, call: Call) -> Findings:
        """The findings with one more call on record; the table ``timing`` alone shows calls, so the others are kept."""
        results = replace(self.results, calls=(*self.results.calls, call))
        made = self.tables.made if isinstance(self.tables, Tables) else self.tables
        kept = {name: frame for name, frame in made.items() if name != "timing"}
        return replace(self, results=results, tables=Tables(results, kept))


def findings(results: Results) -> Findings:
    """Compute the findings of a study; the tables are computed later, at the first access."""
    warnings = advise(results)
    return Findings(
        results=results,
        standings=standings(results),
        comparisons=results.against_baseline,
        warnings=warnings,
        tables=Tables(results, {"warnings": warnings_frame(warnings)}),
    )

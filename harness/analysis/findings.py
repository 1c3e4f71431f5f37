"""What a study found, worked out once: for the tables on the disk, the terminal, the page and a notebook."""

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
    """Results, and all that is said of them.

    ``standings``: what each arm reached, in the study's order. ``comparisons``: of every other arm with the baseline.
    ``warnings``: in the order in which they are shown. ``tables``: every table by name, each made when it is first
    asked for.
    """

    results: Results
    standings: Sequence[Standing]
    comparisons: Sequence[Comparison]
    warnings: Sequence[Advice]
    tables: Mapping[str, pd.DataFrame]

    @property
    def budgets(self) -> str:
        """In what the arms' budgets differ, so that they may not be ranked; '' where they were given the same."""
        return next((advice.evidence for advice in self.warnings if advice.id == "BUDGET"), "")

    def after(self, call: Call) -> Findings:
        """The same once a call that made these results is on record: a call is seen in the table ``timing`` alone."""
        results = replace(self.results, calls=(*self.results.calls, call))
        made = self.tables.made if isinstance(self.tables, Tables) else self.tables
        kept = {name: frame for name, frame in made.items() if name != "timing"}
        return replace(self, results=results, tables=Tables(results, kept))


def findings(results: Results) -> Findings:
    """Everything that the results of a study say."""
    warnings = advise(results)
    return Findings(
        results=results,
        standings=standings(results),
        comparisons=results.against_baseline,
        warnings=warnings,
        tables=Tables(results, {"warnings": warnings_frame(warnings)}),
    )

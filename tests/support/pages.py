"""What a page of the report is written from, of results that nobody measured."""

from __future__ import annotations

from typing import Any

from harness.analysis.findings import Findings, findings
from harness.records.results import Results
from harness.report._parts import Subject


def about(made: Results | Findings, **given: Any) -> Subject:
    """The results as the page takes them; ``given``: the folder, the text of the study file, and the registry."""
    return Subject(made if isinstance(made, Findings) else findings(made), **given)

"""Whether the files of a result folder agree with each other: each may be whole, and one of them edited."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.errors import ResultError
from harness.metric import SECONDS, Metric
from harness.records.record import Opening, Record, Recorded
from harness.study.resolved import ResolvedStudy


def check_agreement(study: ResolvedStudy, recorded: Recorded, ledger: Sequence[Opening], path: Path) -> None:
    """ResultError with file:line for the first record that the study or the ledger says cannot be. ``path``: of it."""
    for key, record in recorded.records.items():
        if record.arm in study.arms and (fault := _fault(record, study, ledger)):
            raise ResultError(f"{path}:{recorded.lines[key]}: {fault}")


def _fault(record: Record, study: ResolvedStudy, ledger: Sequence[Opening]) -> str:
    metric = study.metric.on("test") if record.phase == "test" else study.metric
    if not record.reason and not _measured(record, metric):
        return f"the run ends without {metric}, by which its study judges: one of them was edited"
    for objective in study.objectives if record.phase == "search" and not record.reason else ():
        if not _measured(record, objective):
            return f"the run ends without {objective}, an objective of its search: one of them was edited"
    # By the arm: a configuration that was completed since, with a choice that came later, has another fingerprint.
    is_open = record.phase != "test" or any(
        record.seed_index in opening.seed_indices
        and any(name == record.arm or name.startswith(f"{record.arm} #") for name in opening.fingerprints)
        for opening in ledger
    )
    return "" if is_open else "a run on the test split, and ledger.jsonl has no opening of it: one of them was edited"


def _measured(record: Record, metric: Metric) -> bool:
    return "training" in record.seconds if metric == SECONDS else metric.name in record.curve[-1]

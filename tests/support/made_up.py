"""The builder of results that nobody ran: a study as study.json holds it, and records in the shape of real ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.plugin.ranges import Value
from harness.records.record import Record
from harness.records.results import Results
from harness.study.configuration import Configuration, ModelSettings, Selection, TrainingSettings
from harness.study.resolved import ResolvedStudy

DROPOUT = Selection.of("constant", {"rate": 0.5})


def interval(low: float, high: float, scale: str = "log") -> dict[str, Any]:
    """A range as study.json holds it."""
    return {"low": low, "high": high, "scale": scale, "integer": False}


def made_arm(settings: Mapping[str, Value], **changes: Any) -> dict[str, Any]:
    """An arm as study.json holds it, which searches nothing where ``changes`` do not say what."""
    fields = {"space": {}, "fixed": {}, "defaults": {}, "traits": {}, "files": {}}
    return {"settings": dict(settings)} | fields | changes


def made_study(arms: Mapping[str, Mapping[str, Any]], **changes: Any) -> ResolvedStudy:
    """A valid study. ``arms`` and ``changes``: as study.json holds them; the first arm is the baseline."""
    fields: dict[str, Any] = {
        "question": "Which?", "tier": "quick", "problem": {"name": "made-up", "digest": "d1"}, "conventions": "",
        "metric": "dev_uas", "direction": "maximise", "seed": 0, "compare": ["optimiser"],
        "baseline": next(iter(arms)), "model": {}, "training": {},
        "search": {"trials": 4, "sampler": "sobol", "batch": 4}, "select": {"trials": 2, "seeds": 1},
        "confirm": {"seeds": 3}, "smallest_difference": None, "overrides": [],
    } | changes | {"arms": arms}  # fmt: skip
    metrics = {"dev_loss": "minimise", "dev_accuracy": "maximise", fields["metric"]: fields["direction"]}
    return ResolvedStudy.from_json({"metrics": metrics} | fields, "made up")


def made_record(
    phase: str, arm: str, trial: int, seed_index: int, optimiser: Selection, curve: Sequence[Mapping[str, float]], *,
    dropout: Selection = DROPOUT, reason: str = "", steps: int = 10, **changes: Any,
) -> Record:  # fmt: skip
    """A run of ``steps`` steps that left this curve, or that failed for a ``reason``. ``changes``: of its fields."""
    configuration = Configuration.of({"optimiser": optimiser, "dropout": dropout}, ModelSettings(), TrainingSettings())
    fields: dict[str, Any] = {
        "phase": phase, "arm": arm, "trial": trial, "seed_index": seed_index,
        "fingerprint": configuration.fingerprint, "configuration": configuration.to_json(), "reason": reason,
        "curve": [dict(point) for point in curve], "steps": steps, "passes": steps, "seconds": {}, "components": {},
        "environment": "cafe0123",
    }  # fmt: skip
    return Record(**(fields | changes))


def made_results(study: ResolvedStudy, records: Iterable[Record], **outside: Any) -> Results:
    """What a folder with this study and these records holds; a later record replaces one of the same key.

    ``outside``: calls, environments, ledger.
    """
    return Results(study, {record.key: record for record in records}, **outside)

"""A study that nobody ran: what study.json and the records would hold, with numbers that a test can check by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.records.record import Record
from harness.records.results import Results
from harness.study.configuration import Configuration, ModelSettings, Selection, TrainingSettings

LR = {"low": 0.0001, "high": 1.0, "scale": "log", "integer": False}
SPACES: Mapping[str, Mapping[str, Any]] = {
    "adam": {"optimiser.adam.lr": LR},
    "sgd": {"optimiser.sgd.lr": LR, "optimiser.sgd.nesterov": {"options": [False, True]}},
}
CONFIRMED = {"adam": [80.0, 82.5, 81.0], "sgd": [79.0, 83.0, 78.5]}
DEFAULTS = {"adam": [80.5, 81.0, 79.0], "sgd": [70.0, 76.0, 71.5]}


def study(**changes: Any) -> dict[str, Any]:
    """What study.json holds, as far as tables look at it."""
    return {
        "question": "Which?",
        "conventions": "no punctuation",
        "metric": "dev_uas",
        "metrics": {"dev_uas": "maximise", "dev_loss": "minimise", "dev_accuracy": "maximise"},
        "direction": "maximise",
        "compare": ["optimiser"],
        "baseline": "adam",
        "seed": 0,
        "smallest_difference": None,
        "problem": {"name": "made up", "digest": "d1"},
        "model": {},
        "training": {},
        "search": {"trials": 4, "sampler": "sobol", "batch": 4},
        "select": {"trials": 2, "seeds": 1},
        "confirm": {"seeds": 3},
        "arms": {
            name: {
                "settings": {"optimiser": name},
                "space": dict(space),
                "fixed": {},
                "defaults": {"optimiser": name} | {full: value_at(full, 0) for full in space},
                "traits": {},
                "files": {},
            }
            for name, space in SPACES.items()
        },
    } | changes


def value_at(name: str, trial: int) -> float | bool:
    """The value of a hyperparameter in a trial."""
    return trial % 2 == 1 if name.endswith("nesterov") else 0.001 * 2**trial


def record(
    phase: str,
    arm: str,
    trial: int,
    seed: int,
    value: float | None,
    values: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Record:
    """A run that ended with ``value``, or that failed. ``values``: of its optimiser; else ``value_at``'s."""
    optimiser = arm.split(", ")[0]
    full = SPACES.get(optimiser, {"optimiser.x.lr": LR})
    values = values if values is not None else {name.split(".")[2]: value_at(name, trial) for name in full}
    configuration = Configuration.of(
        {"optimiser": Selection.of(optimiser, values), "dropout": Selection.of("constant", {"rate": 0.5})},
        ModelSettings(),
        TrainingSettings(),
    )
    points = [{"step": 5, "dev_loss": 1.0}]
    fields: dict[str, Any] = {
        "phase": phase,
        "arm": arm,
        "trial": trial,
        "seed_index": seed,
        "fingerprint": configuration.fingerprint,
        "configuration": configuration.to_json(),
        "reason": "the loss became nan at step 7 of 10" if value is None else "",
        "curve": points if value is None else [*points, {"step": 10, "dev_loss": 0.5, "dev_uas": value}],
        "steps": 6 if value is None else 10,
        "passes": 6 if value is None else 10,
        "path": "shared",
        "seconds": {"starting": 0.25, "training": 1.5, "evaluation": 0.5},
        "components": {},
        "environment": "cafe0123",
    }
    return Record(**(fields | changes))


def results(*records: Record, **changes: Any) -> Results:
    """Of these records alone; ``changes``: of the study."""
    return Results(study(**changes), {each.key: each for each in records})


def whole() -> list[Record]:
    """A finished study: trial 1 wins in both arms, and their defaults are confirmed too."""
    found = []
    for arm in ("adam", "sgd"):
        found += [record("search", arm, trial, 0, value) for trial, value in enumerate([70.0, 71.5, 60.0, None])]
        found += [record("select", arm, 0, 1, 70.0), record("select", arm, 1, 1, 70.5)]
        for trial, scores in ((1, CONFIRMED[arm]), (0, DEFAULTS[arm])):
            found += [record("confirm", arm, trial, 100 + seed, value) for seed, value in enumerate(scores)]
    return found

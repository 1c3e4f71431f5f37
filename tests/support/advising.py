"""Constructed results: a finished study without a fault, and what each test spoils of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from harness.analysis.advice.advise import Advice, advise
from harness.plugin.registry import build_registry
from harness.records.record import Record
from harness.records.results import Results
from harness.study.configuration import Configuration, ModelSettings, Selection, TrainingSettings

LR = {"adam": (1e-4, 1e-2), "sgd": (1e-2, 1.0)}
DEFAULTS = {"adam": {"lr": 1e-3, "beta1": 0.9, "eps": 1e-8, "weight_decay": 0.0},
            "sgd": {"lr": 0.1, "momentum": 0.9, "nesterov": False, "weight_decay": 0.0}}  # fmt: skip
SHIFT = {"adam": 0.5, "sgd": 0.0}
STEPS = 10
NOISE = (0.0, 0.8, -0.8, 0.4, -0.4, 0.6, -0.6, 0.2, -0.2, 0.1)
OWN_NOISE = (0.02, -0.01, 0.0, 0.01, -0.02, 0.02, 0.0, -0.01, 0.01, -0.02)


def log(low: float, high: float) -> dict[str, Any]:
    """A range of study.json."""
    return {"low": low, "high": high, "scale": "log", "integer": False}


def study(**changes: Any) -> dict[str, Any]:
    """What study.json holds, as far as warnings look at it: two arms that search lr in 10 trials."""
    registry = build_registry()
    found = {
        "question": "Which?",
        "conventions": "",
        "metric": "dev_uas",
        "direction": "maximise",
        "compare": ["optimiser"],
        "baseline": "sgd",
        "seed": 0,
        "smallest_difference": None,
        "problem": {"name": "tiny", "digest": "tiny-0"},
        "model": {},
        "training": {"batch_size": 64},
        "search": {"trials": 10, "sampler": "sobol", "batch": 4},
        "select": {"trials": 3, "seeds": 2},
        "confirm": {"seeds": 10},
        "arms": {
            arm: {
                "settings": {"optimiser": arm},
                "space": {f"optimiser.{arm}.lr": log(*LR[arm])},
                "fixed": {},
                "defaults": {"optimiser": arm, "dropout": "constant", "dropout.constant.rate": 0.5}
                | {f"optimiser.{arm}.{name}": value for name, value in DEFAULTS[arm].items()},
                "traits": {
                    f"{choice}.{name}": registry.component(choice, name).traits.to_json()
                    for choice, name in (("optimiser", arm), ("dropout", "constant"))
                },
            }
            for arm in LR
        },
    }  # fmt: skip
    return copy.deepcopy(found | changes)


def record(phase: str, arm: str, trial: int, seed: int, value: float | None, **changes: Any) -> Record:
    """A run that ended with ``value``, or that failed; ``changes``: fields, or hyperparameters of the optimiser."""
    own = {name: changes.pop(name) for name in list(changes) if name in DEFAULTS[arm]}
    low, high = LR[arm]
    drawn = DEFAULTS[arm] | ({"lr": low * (high / low) ** (0.3 + 0.05 * trial)} if trial else {})
    configuration = Configuration.of(
        {"optimiser": Selection.of(arm, drawn | own), "dropout": Selection.of("constant", {"rate": 0.5})},
        ModelSettings(),
        TrainingSettings(),
    )
    steps = 6 if value is None else STEPS
    fields: dict[str, Any] = {
        "phase": phase, "arm": arm, "trial": trial, "seed_index": seed,
        "fingerprint": configuration.fingerprint, "configuration": configuration.to_json(),
        "reason": "the loss became nan at step 7 of 10" if value is None else "",
        "curve": [] if value is None else [{"step": 5}, {"step": 10, "dev_uas": value}],
        "steps": steps, "passes": steps, "seconds": {}, "components": {}, "environment": "cafe0123",
    }  # fmt: skip
    return Record(**(fields | changes))


def whole(arm: str, trials: int = 10, seeds: int = 10, winner: int = 2, **changes: Any) -> list[Record]:
    """A finished arm: trial ``winner`` is chosen, tuning gains a point, scores of the arms go together."""
    base = 80 + SHIFT[arm]
    found = [record("search", arm, trial, 0, base - 2 - abs(trial - winner), **changes) for trial in range(trials)]
    for seed in range(seeds):
        noise = NOISE[seed % 10] + OWN_NOISE[seed % 10] * (1 if arm == "sgd" else -1)
        found.append(record("confirm", arm, winner, 100 + seed, base + noise, **changes))
        found.append(record("confirm", arm, 0, 100 + seed, base - 1 + noise / 2, **changes))
    return found


def results(records: Sequence[Record] | None = None, changed: Sequence[Record] = (), **changes: Any) -> Results:
    """Of a study without a fault where nothing is given; ``changed`` records replace those of the same key."""
    outside = {name: changes.pop(name) for name in ("environments", "ledger") if name in changes}
    records = [*whole("adam"), *whole("sgd")] if records is None else records
    return Results(study(**changes), {each.key: each for each in [*records, *changed]}, **outside)


def arms(**spaces: Mapping[str, Any]) -> dict[str, Any]:
    """The arms of the study, with changed fields: ``arms(adam={"space": …})``."""
    return {name: each | spaces.get(name, {}) for name, each in study()["arms"].items()}


def warned(found: Results, name: str) -> list[Advice]:
    """The warnings of one kind."""
    return [each for each in advise(found) if each.id == name]

"""A made-up finished study that no warning finds fault with, and what each test spoils of it."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from harness.analysis.advice.advise import Advice, advise
from harness.plugin.registry import build_registry
from harness.records.record import Record
from harness.records.results import Results
from harness.study.configuration import Selection
from harness.study.resolved import ResolvedStudy

from support.made_up import interval, made_arm, made_record, made_results, made_study

LR = {"adam": (1e-4, 1e-2), "sgd": (1e-2, 1.0)}
DEFAULTS = {"adam": {"lr": 1e-3, "beta1": 0.9, "eps": 1e-8, "weight_decay": 0.0},
            "sgd": {"lr": 0.1, "momentum": 0.9, "nesterov": False, "weight_decay": 0.0}}  # fmt: skip
SHIFT = {"adam": 0.5, "sgd": 0.0}
STEPS = 10
NOISE = (0.0, 0.8, -0.8, 0.4, -0.4, 0.6, -0.6, 0.2, -0.2, 0.1)
OWN_NOISE = (0.02, -0.01, 0.0, 0.01, -0.02, 0.02, 0.0, -0.01, 0.01, -0.02)

PLACES = (0.5, 0.4, 0.45, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9)
"""Where in its range the lr of each trial lies: the further from trial 2, the worse, on both sides."""


# The built-ins are the same for every study, and a hundred tests make one.
_registry = functools.cache(build_registry)


def arms(**changes: Mapping[str, Any]) -> dict[str, Any]:
    """The arms as study.json holds them, with changed fields: ``arms(adam={"space": …})``."""
    registry = _registry()
    return {
        arm: made_arm(
            {"optimiser": arm},
            space={f"optimiser.{arm}.lr": interval(*LR[arm])},
            defaults={"optimiser": arm, "dropout": "constant", "dropout.constant.rate": 0.5}
            | {f"optimiser.{arm}.{name}": value for name, value in DEFAULTS[arm].items()},
            traits={
                f"{choice}.{name}": registry.component(choice, name).traits.to_json()
                for choice, name in (("optimiser", arm), ("dropout", "constant"))
            },
        )
        | changes.get(arm, {})
        for arm in LR
    }


def study(**changes: Any) -> ResolvedStudy:
    """Two arms that search lr in 10 trials. ``changes``: as study.json holds them."""
    fields: dict[str, Any] = {
        "baseline": "sgd", "training": {"batch_size": 64}, "search": {"trials": 10, "sampler": "sobol", "batch": 4},
        "select": {"trials": 3, "seeds": 2}, "confirm": {"seeds": 10}, "arms": arms(),
    } | changes  # fmt: skip
    if fields["baseline"] not in fields["arms"]:
        fields["baseline"] = next(iter(fields["arms"]))
    return made_study(**fields)


def record(phase: str, arm: str, trial: int, seed: int, value: float | None, **changes: Any) -> Record:
    """A run that ended with ``value``, or that failed; ``changes``: fields, or hyperparameters of the optimiser."""
    own = {name: changes.pop(name) for name in list(changes) if name in DEFAULTS[arm]}
    low, high = LR[arm]
    drawn = DEFAULTS[arm] | ({"lr": low * (high / low) ** PLACES[trial % 10]} if trial else {})
    failed = value is None
    fields: dict[str, Any] = {
        "curve": [] if failed else [{"step": 5}, {"step": 10, "dev_uas": value}],
        "reason": "the loss became nan at step 7 of 10" if failed else "", "steps": 6 if failed else STEPS,
    }  # fmt: skip
    fields["passes"] = fields["steps"]
    return made_record(phase, arm, trial, seed, Selection.of(arm, drawn | own), **(fields | changes))


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
    return made_results(study(**changes), [*records, *changed], **outside)


def warned(found: Results, name: str) -> list[Advice]:
    """The warnings of one kind."""
    return [each for each in advise(found) if each.id == name]

"""A made-up study whose numbers a test can check by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.records.folder import ResultFolder
from harness.records.record import Call, Record
from harness.records.results import Results
from harness.study.configuration import Selection
from harness.study.resolved import ResolvedStudy

from support.made_up import interval, made_arm, made_record, made_results, made_study

LR = interval(0.0001, 1.0)
SPACES: Mapping[str, Mapping[str, Any]] = {
    "adam": {"optimiser.adam.lr": LR},
    "sgd": {"optimiser.sgd.lr": LR, "optimiser.sgd.nesterov": {"options": [False, True]}},
}
CONFIRMED = {"adam": [80.0, 82.5, 81.0], "sgd": [79.0, 83.0, 78.5]}
DEFAULTS = {"adam": [80.5, 81.0, 79.0], "sgd": [70.0, 76.0, 71.5]}
CALL = Call(
    jobs=2,
    new_runs=18,
    environment="cafe0123",
    seconds={"importing": 1.5, "preparing": 0.5, "asking": 0.25, "writing": 0.125, "waiting": 9.0, "wall": 10.0},
)


def study(**changes: Any) -> ResolvedStudy:
    """Two arms that search lr, and one of them nesterov too. ``changes``: as study.json holds them."""
    arms = {
        name: made_arm(
            {"optimiser": name},
            space=dict(space),
            defaults={"optimiser": name} | {full: value_at(full, 0) for full in space},
        )
        for name, space in SPACES.items()
    }
    fields = {"conventions": "no punctuation", "problem": {"name": "made up", "digest": "d1"}, "arms": arms} | changes
    return made_study(**fields)


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
    points = [{"step": 5, "dev_loss": 1.0}]
    failed = value is None
    fields: dict[str, Any] = {
        "curve": points if failed else [*points, {"step": 10, "dev_loss": 0.5, "dev_uas": value}],
        "reason": "the loss became nan at step 7 of 10" if failed else "", "steps": 6 if failed else 10,
        "passes": 6 if failed else 10, "path": "shared",
        "seconds": {"starting": 0.25, "training": 1.5, "evaluation": 0.5},
        "processor_seconds": {"starting": 0.2, "training": 1.25, "evaluation": 0.4},
    }  # fmt: skip
    return made_record(phase, arm, trial, seed, Selection.of(optimiser, values), **(fields | changes))


def results(*records: Record, **changes: Any) -> Results:
    """Of these records alone; ``changes``: of the study."""
    return made_results(study(**changes), records)


def whole() -> list[Record]:
    """A finished study: trial 1 wins in both arms, and their defaults are confirmed too."""
    found = []
    for arm in ("adam", "sgd"):
        found += [record("search", arm, trial, 0, value) for trial, value in enumerate([70.0, 71.5, 60.0, None])]
        found += [record("select", arm, 0, 1, 70.0), record("select", arm, 1, 1, 70.5)]
        for trial, scores in ((1, CONFIRMED[arm]), (0, DEFAULTS[arm])):
            found += [record("confirm", arm, trial, 100 + seed, value) for seed, value in enumerate(scores)]
    return found


def repeated(arm: str, scores: Sequence[Sequence[float]]) -> list[Record]:
    """A search for each list of scores: its trial 1 wins, and is confirmed at seeds that have these scores."""
    found = []
    for repeat, of_seeds in enumerate(scores):
        tuning = (2 * repeat, 2 * repeat + 1)
        for trial in range(2):
            found.append(record("search", arm, trial, tuning[0], 70.0 + trial, repeat=repeat))
            found.append(record("select", arm, trial, tuning[1], 70.0 + trial, repeat=repeat))
        found += [
            record("confirm", arm, 1, 100 + repeat + len(scores) * place, score, repeat=repeat)
            for place, score in enumerate(of_seeds)
        ]
    return found


def folder_of(path: Path, records: Iterable[Record], **changes: Any) -> ResultFolder:
    """A result folder that holds the study and these records; ``changes``: of the study."""
    folder = ResultFolder(path)
    folder.write_study("question = 'Which?'\n", study(**changes))
    for each in records:
        folder.append([each])
    return folder

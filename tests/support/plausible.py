"""Made-up studies with plausible numbers: noise that arms share, trials that differ, runs that fail."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

from harness.metric import Metric
from harness.records.record import Call, Record
from harness.records.results import Results
from harness.study.configuration import Selection

from support.made_up import interval, made_arm, made_record, made_results, made_study

LR = interval(1e-4, 1e-1)
BETA1 = interval(0.5, 0.999, "one_minus_log")
ENVIRONMENT = {
    "python": "3.11.7", "packages": {"torch": "2.13.0", "numpy": "2.4.6"}, "commit": "0123456789ab",
    "system": "Linux x86_64", "processor": "A processor", "cpu_capability": "AVX512", "cores": 2, "device": "cpu",
    "plugins": {"built_in": "0.1.0"},
}  # fmt: skip


def results(
    arms: Mapping[str, float], *, baseline: str = "", trials: int = 8, confirm: int = 10, points: int = 5,
    failing: str = "", some_failing: str = "", confirmed: bool = True, question: str = "Which optimiser parses best?",
    settings: Mapping[str, Mapping[str, Any]] | None = None, compare: Sequence[str] = ("optimiser",),
    metric: str = "dev_uas", direction: str = "maximise", momentum: bool = True,
) -> Results:  # fmt: skip
    """``arms``: name → the metric it reaches. ``failing``: arm of which every run fails; ``some_failing``: some."""
    baseline = baseline or next(iter(arms))
    space: dict[str, Any] = {
        "optimiser.adam.lr": LR,
        "optimiser.adam.beta1": BETA1,
        "optimiser.adam.amsgrad": {"options": [False, True]},
    }
    space = space if momentum else {"optimiser.adam.lr": LR}
    study = made_study(
        {
            name: made_arm(
                (settings or {}).get(name, {"optimiser": name}),
                space=space,
                defaults={"optimiser": "adam", "optimiser.adam.lr": 1e-3, "optimiser.adam.beta1": 0.9,
                          "optimiser.adam.amsgrad": False},
            )
            for name in arms
        },
        question=question, conventions="made up", metric=metric, direction=direction, compare=list(compare),
        baseline=baseline, tier="standard", overrides=["training.epochs=5"],
        problem={"name": "made-up", "digest": "a93f0d98bf95"},
        search={"trials": trials, "sampler": "sobol", "batch": 4}, select={"trials": 3, "seeds": 2},
        confirm={"seeds": confirm},
    )  # fmt: skip
    judged = Metric(metric, direction)
    records: list[Record] = []
    draw = random.Random(7)
    shared = [draw.gauss(0, 0.6) for _ in range(confirm)]
    for number, (arm, level) in enumerate(arms.items()):
        best, values = None, {}
        for trial in range(trials):
            lr = 1e-3 if trial == 0 else 10 ** draw.uniform(-4, -1)
            values[trial] = (lr, 0.9 if trial == 0 else 1 - 10 ** draw.uniform(-3, -0.31))
            score = level - 1.5 * (math.log10(lr) + 2.2 + 0.1 * number) ** 2 + draw.gauss(0, 0.4)
            failed = arm == some_failing and trial in (1, 2)
            records.append(
                _record("search", arm, trial, 0, values[trial], None if failed else score, points, metric, number)
            )
            if not failed and (best is None or score > best[0]):
                best = (score, trial)
        assert best
        ranked = sorted(
            (each for each in records if each.arm == arm and each.phase == "search" and not each.reason),
            key=lambda each: -each.score(judged),
        )
        for each in ranked[:3]:
            records += [
                _record("select", arm, each.trial, seed, values[each.trial], each.score(judged) + draw.gauss(0, 0.01),
                        points, metric, number)
                for seed in (1, 2)
            ]  # fmt: skip
        for trial in {best[1], 0} if confirmed else ():
            for seed in range(confirm):
                score = level + shared[seed] + draw.gauss(0, 0.25) - (0.8 if trial == 0 and best[1] else 0)
                lost = arm == failing or (arm == some_failing and seed == 1)
                records.append(
                    _record(
                        "confirm",
                        arm,
                        trial,
                        100 + seed,
                        values[trial],
                        None if lost else score,
                        points,
                        metric,
                        number,
                    )
                )
    call = Call(jobs=2, new_runs=len(records), environment="cafe0123", seconds={"importing": 4.0, "wall": 125.0})
    return made_results(study, records, calls=[call], environments={"cafe0123": ENVIRONMENT})


def _record(
    phase: str, arm: str, trial: int, seed: int, values: tuple[float, float], score: float | None, points: int,
    metric: str, number: int,
) -> Record:  # fmt: skip
    selection = Selection.of("adam", {"lr": values[0], "beta1": values[1], "amsgrad": trial % 2 == 1})
    dropout = Selection.of(
        ("constant", "linear", "early")[number % 3],
        ({"rate": 0.5}, {"start": 0.6, "end": 0.1}, {"rate": 0.4, "cutoff": 0.5})[number % 3],
    )
    curve = []
    for point in range(1, points + 1):
        share = 1 - math.exp(-3 * point / points)
        values_at = {
            "step": 100 * point,
            "batch_loss": 1.5 - share,
            "train_loss": 1.4 - share,
            "dev_loss": 1.45 - share + 0.05 * share**4,
        }
        if score is not None:
            values_at |= {
                "train_accuracy": 90 * share,
                "dev_accuracy": (score + 8) * (0.6 + 0.4 * share / (1 - math.exp(-3))),
            }
        curve.append(values_at)
    if score is not None:
        curve[-1] = {**curve[-1], metric: score}
    failed = score is None
    return made_record(
        phase, arm, trial, seed, selection, curve[:1] if failed else curve, dropout=dropout,
        reason="the loss became nan at step 77" if failed else "", steps=100 * points,
        seconds={"starting": 0.5, "training": 4.0, "evaluation": 0.4},
        processor_seconds={"starting": 0.4, "training": 3.5, "evaluation": 0.3},
        components={"optimiser": {"plugin": "built_in", "version": "0.1.0", "source": "401cc8783f16"}}, path="shared",
    )  # fmt: skip

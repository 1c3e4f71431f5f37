"""A whole study, from the start of the process to its end: a plain Optuna script against ``harness run``."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from comparison import Comparison, alternate
from workbench import Source, sources, tell

from harness.records.folder import ResultFolder

SCRIPT = Path(__file__).with_name("script.py")
JOBS = 2
STUDY = """\
question = "Which learning rate suits Adam?"
problem  = "{problem}"
metric   = "dev_{metric}"

[choices]
optimiser = {{ name = "adam", search = ["lr"] }}
dropout   = {{ name = "constant", rate = 0.5 }}
embedding = {{ name = "normal", sd = 1.0 }}

[space]
"optimiser.adam.lr" = {{ low = 1e-4, high = 1e-2 }}

[training]
epochs = {epochs}

[search]
trials = {trials}
widen  = false

[select]
trials = {shortlisted}
seeds  = 1
defaults = false

[confirm]
seeds = {seeds}
"""


@dataclass(frozen=True, kw_only=True)
class Size:
    """Of a study."""

    epochs: int
    trials: int
    shortlisted: int
    seeds: int


@dataclass(frozen=True, kw_only=True)
class Done:
    """What the harness did: the learning rates of its search and of its later runs.

    ``idle``: share of the workers' time, from the start of the call to its end, that no run had.
    """

    trials: tuple[float, ...]
    again: tuple[float, ...]
    idle: float


FULL = Size(epochs=1, trials=8, shortlisted=1, seeds=1)
"""So small that starting up weighs more than in most studies, lest three repetitions take ten minutes."""
BUDGET = 240.0
"""Seconds: a slow machine makes do with fewer repetitions."""
QUICK = Size(epochs=1, trials=2, shortlisted=2, seeds=1)


def compare_studies(*, quick: bool) -> list[Comparison]:
    """The same trainings, whole processes: the script does what the harness did before it."""
    source, size, repetitions = sources(quick=quick)[0], QUICK if quick else FULL, 1 if quick else 3
    metric = next(iter(source.problem.metrics))  # the problem is in the cache from here on
    plugins = [argument for plugin in source.plugins for argument in ("--plugin", plugin)]
    done: list[Done] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.toml"
        path.write_text(STUDY.format(problem=source.name, metric=metric, **vars(size)), encoding="utf-8")
        harness, plain = alternate(
            lambda: done.append(run_harness(path, Path(folder) / f"results-{len(done)}", plugins)),
            lambda: run_script(source, size, done[-1], plugins),
            repetitions,
            budget=BUDGET,
        )
    runs = len(done[0].trials + done[0].again)
    what = f"study of {runs} runs, {size.epochs} epoch" + "s" * (size.epochs > 1)
    return [
        Comparison(
            what=what, problem=source.label, goal=7, plain=tuple(plain), harness=tuple(harness),
            details={"idle": [each.idle for each in done]},
        )
    ]  # fmt: skip


def run_script(source: Source, size: Size, done: Done, plugins: list[str]) -> None:
    """The plain script, on all cores as torch likes it."""
    tell(f"study: {len(done.trials + done.again)} runs of the plain script")
    options = ["--problem", source.name, "--epochs", size.epochs, "--trials", *done.trials, "--again", *done.again]
    report = json.loads(_run([str(SCRIPT), *map(str, options), *plugins]))
    if tuple(report["tried"]) != done.trials:
        raise RuntimeError(f"the script tried {report['tried']}, the harness {done.trials}")
    tell(f"study: score {report['score']:.2f}")


def run_harness(study: Path, out: Path, plugins: list[str]) -> Done:
    """The command line, two workers."""
    tell("study: the harness")
    tell(_run(["-m", "harness", "run", str(study), "--out", str(out), "--jobs", str(JOBS), *plugins]).rstrip())
    records, [call] = ResultFolder(out).records().values(), ResultFolder(out).calls()
    if failed := [each.reason for each in records if each.reason]:
        raise RuntimeError(f"runs failed: {failed}")
    rates = [(each.phase, each.configuration["choices"]["optimiser"]["lr"]) for each in records]
    done = Done(
        trials=tuple(lr for phase, lr in rates if phase == "search"),
        again=tuple(lr for phase, lr in rates if phase != "search"),
        idle=1 - sum(sum(each.seconds.values()) for each in records) / (JOBS * call.seconds["wall"]),
    )
    tell(f"study: workers idle for {done.idle:.0%} of the time, importing included")
    return done


def _run(arguments: list[str]) -> str:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout

"""A whole study, from the start of the process to its end: a plain Optuna script against ``harness run``.

The script has one thread, and in turn two, as many as the harness has workers: which is faster, the load of the machine
decides. Beside wall time stands the processor time of all processes, which others' load lengthens less.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from comparison import Comparison, in_turn
from processes import Timing, timed_command
from workbench import Source, sources, tell

from harness.records.folder import ResultFolder

SCRIPT = Path(__file__).with_name("script.py")
JOBS = 2
THREADS = (1, JOBS)
"""Of the plain script."""
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

    ``idle``: share of the workers' time, from the start of the call to its end, that no run had. ``timing``: of the
    whole command.
    """

    trials: tuple[float, ...]
    again: tuple[float, ...]
    idle: float
    timing: Timing


FULL = Size(epochs=1, trials=8, shortlisted=1, seeds=1)
"""So small that starting up weighs more than in most studies, lest three repetitions take half an hour."""
BUDGET = 900.0
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

        def by_harness() -> Timing:
            done.append(run_harness(path, Path(folder) / f"results-{len(done)}", plugins))
            return done[-1].timing

        scripts = [lambda threads=threads: run_script(source, size, done[-1], plugins, threads) for threads in THREADS]
        harness, *plain = in_turn([by_harness, *scripts], repetitions, budget=BUDGET)
    runs = len(done[0].trials + done[0].again)
    what = f"study of {runs} runs, {size.epochs} epoch" + "s" * (size.epochs > 1)
    details = {"idle": [each.idle for each in done]}
    return compare_timings(what, source.label, dict(zip(THREADS, plain, strict=True)), harness, details)


def compare_timings(
    what: str, problem: str, plain: Mapping[int, list[Timing]], harness: list[Timing], details: Mapping[str, Any]
) -> list[Comparison]:
    """Wall time and, where it is known, processor time, against each number of threads; the faster one has the goal."""
    fastest = min(plain, key=lambda threads: statistics.median(each.wall for each in plain[threads]))
    found = []
    for measure in ("wall", "processor"):
        seconds = {threads: [getattr(each, measure) for each in plain[threads]] for threads in plain}
        of_harness = [getattr(each, measure) for each in harness]
        if None in of_harness:
            continue
        found += [
            Comparison(
                what=f"{what}, {measure} time", problem=problem,
                against=f"script, {threads} thread" + "s" * (threads > 1),
                goal=7 if measure == "wall" and threads == fastest else None,
                plain=tuple(seconds[threads]), harness=tuple(of_harness), details={"measure": measure, **details},
            )
            for threads in plain
        ]  # fmt: skip
    return found


def run_script(source: Source, size: Size, done: Done, plugins: list[str], threads: int) -> Timing:
    """The plain script on so many threads."""
    tell(f"study: {len(done.trials + done.again)} runs of the plain script, threads: {threads}")
    options = ["--problem", source.name, "--epochs", size.epochs, "--threads", threads]
    options += ["--trials", *done.trials, "--again", *done.again]
    text, timing = _run([str(SCRIPT), *map(str, options), *plugins], threads)
    report = json.loads(text)
    if tuple(report["tried"]) != done.trials:
        raise RuntimeError(f"the script tried {report['tried']}, the harness {done.trials}")
    tell(f"study: score {report['score']:.2f}, {timing}")
    return timing


def run_harness(study: Path, out: Path, plugins: list[str]) -> Done:
    """The command line, two workers."""
    tell("study: the harness")
    text, timing = _run(["-m", "harness", "run", str(study), "--out", str(out), "--jobs", str(JOBS), *plugins], JOBS)
    tell(text.rstrip())
    records, [call] = ResultFolder(out).records().values(), ResultFolder(out).calls()
    if failed := [each.reason for each in records if each.reason]:
        raise RuntimeError(f"runs failed: {failed}")
    rates = [(each.phase, each.configuration["choices"]["optimiser"]["lr"]) for each in records]
    done = Done(
        trials=tuple(lr for phase, lr in rates if phase == "search"),
        again=tuple(lr for phase, lr in rates if phase != "search"),
        idle=1 - sum(sum(each.seconds.values()) for each in records) / (JOBS * call.seconds["wall"]),
        timing=timing,
    )
    tell(f"study: workers idle for {done.idle:.0%} of the time, importing included; {timing}")
    return done


def _run(arguments: list[str], threads: int) -> tuple[str, Timing]:
    return timed_command([sys.executable, *arguments], {"OMP_NUM_THREADS": str(threads)})

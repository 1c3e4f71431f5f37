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

SCRIPT = Path(__file__).with_name("script.py")
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

[select]
trials = {shortlisted}
seeds  = 1

[confirm]
seeds = {seeds}
"""


@dataclass(frozen=True, kw_only=True)
class Size:
    """Of a study; ``again``: runs that are no trials, those of selection and confirmation."""

    epochs: int
    trials: int
    shortlisted: int
    seeds: int

    @property
    def again(self) -> int:
        """The script spends them all on its best trial."""
        return self.shortlisted + self.seeds

    @property
    def runs(self) -> int:
        """The same number on both sides."""
        return self.trials + self.again


FULL = Size(epochs=2, trials=8, shortlisted=2, seeds=2)
BUDGET = 120.0
"""Seconds: a slow machine makes do with one repetition."""
QUICK = Size(epochs=1, trials=2, shortlisted=2, seeds=1)


def compare_studies(*, quick: bool) -> list[Comparison]:
    """The same number of the same trainings, whole processes."""
    source, size, repetitions = sources(quick=quick)[0], QUICK if quick else FULL, 1 if quick else 2
    metric = next(iter(source.problem.metrics))  # the problem is in the cache from here on
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "study.toml"
        path.write_text(STUDY.format(problem=source.name, metric=metric, **vars(size)), encoding="utf-8")
        plugins = [argument for plugin in source.plugins for argument in ("--plugin", plugin)]
        numbers = iter(range(repetitions))
        plain, harness = alternate(
            lambda: run_script(source, size, plugins),
            lambda: run_harness(path, Path(folder) / f"results-{next(numbers)}", size, plugins),
            repetitions,
            budget=BUDGET,
        )
    what = f"study of {size.runs} runs, {size.epochs} epoch" + "s" * (size.epochs > 1)
    return [Comparison(what=what, problem=source.label, goal=7, plain=tuple(plain), harness=tuple(harness))]


def run_script(source: Source, size: Size, plugins: list[str]) -> None:
    """The plain script, on all cores as torch likes it."""
    tell(f"study: {size.runs} runs of the plain script")
    options = ["--problem", source.name, "--trials", size.trials, "--again", size.again, "--epochs", size.epochs]
    report = json.loads(_run([str(SCRIPT), *map(str, options), *plugins]))
    _check(report["runs"], size)
    tell(f"study: score {report['score']:.2f}")


def run_harness(study: Path, out: Path, size: Size, plugins: list[str]) -> None:
    """The command line, two workers."""
    tell(f"study: {size.runs} runs of the harness")
    printed = _run(["-m", "harness", "run", str(study), "--out", str(out), "--jobs", "2", *plugins])
    _check(len((out / "records.jsonl").read_text(encoding="utf-8").splitlines()), size)
    tell(printed.rstrip())


def _run(arguments: list[str]) -> str:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, encoding="utf-8")
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stderr}")
    return done.stdout


def _check(runs: int, size: Size) -> None:
    if runs != size.runs:
        raise RuntimeError(f"{runs} runs were made, {size.runs} were asked for")

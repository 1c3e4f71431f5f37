"""A study on the tiny problem, and a way to run it without the command line."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from harness.folder import ResultFolder
from harness.plan import plan_from_file
from harness.progress import Progress
from harness.registry import build_registry
from harness.runner import Summary, run_study
from harness.tables import TABLES, TIMED

from conftest import TINY

STUDY = """\
question = "Which is better on tiny?"
problem  = "tiny"
metric   = "dev_accuracy"
compare  = ["optimiser"]

[choices]
optimiser = [{ name = "adam", search = ["lr"] }, { name = "sgd", search = ["lr", "nesterov"] }]

[model]
embedding_dim = 4
hidden_dim    = 8

[training]
epochs     = 2
batch_size = 64

[search]
trials = 4

[select]
trials = 2
seeds  = 1

[confirm]
seeds = 3
"""
REPRODUCIBLE = tuple(name for name in TABLES if name not in TIMED)


def write_study(folder: Path, text: str = STUDY, name: str = "study.toml") -> Path:
    """The study as a file."""
    path = folder / name
    path.write_text(text)
    return path


def run(
    study: Path, out: Path, jobs: int = 0, overrides: tuple[str, ...] = (), console: Console | None = None
) -> Summary:
    """``harness run``, quietly."""
    registry = build_registry([TINY])
    plan = plan_from_file(study, overrides, registry)
    folder = ResultFolder(out)
    console = console or Console(file=io.StringIO())
    with Progress(plan.study.metric, plan.direction, console) as progress:
        return run_study(plan, study.read_text(), folder, registry, [TINY], jobs, progress)


def tables(out: Path, names: tuple[str, ...] = REPRODUCIBLE) -> dict[str, bytes]:
    """The bytes of the reproducible tables."""
    return {name: (out / "tables" / f"{name}.csv").read_bytes() for name in names}

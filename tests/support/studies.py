"""Studies on the tiny problem, and ways to run them without the command line and with it."""

from __future__ import annotations

import io
from pathlib import Path

from click.testing import CliRunner, Result
from rich.console import Console

from harness.analysis.tables import TABLES, TIMED
from harness.cli.main import main
from harness.execution.place import Place, here
from harness.execution.progress import Progress
from harness.execution.settings import Execution
from harness.phases.protocol import Summary, run_study
from harness.plugin.registry import build_registry
from harness.records.folder import ResultFolder
from harness.study.plan import plan_from_file

from support.paths import TINY

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
SMALL = """\
question = "Which is better on tiny?"
problem  = "tiny"
metric   = "dev_accuracy"
compare  = ["optimiser"]
baseline = { optimiser = "sgd" }

[choices]
optimiser = [{ name = "sgd", search = ["lr"] }, { name = "adam", search = ["lr"] }]
dropout   = { name = "constant", rate = 0.25 }

[model]
embedding_dim = 4
hidden_dim    = 8

[training]
epochs     = 1
batch_size = 100

[search]
trials = 2

[select]
trials = 2
seeds  = 1

[confirm]
seeds = 2
"""
"""Smaller still, with a baseline and dropout: what the command line is tried on."""
WIDENING = (
    STUDY.replace('"dev_accuracy"', '"dev_loss"')
    .replace('search = ["lr", "nesterov"]', 'search = ["lr"]')
    .replace("trials = 4", "trials = 9")
    .replace("seeds = 3", "seeds = 2")
    + '[space]\n"optimiser.sgd.lr" = { low = 0.001, high = 0.004 }\n"optimiser.adam.lr" = { low = 3e-4, high = 1e-3 }\n'
)
"""Ranges that end far below the best learning rates: the search widens both of them in each of its three rounds."""
REPRODUCIBLE = tuple(name for name in TABLES if name not in TIMED)


def write_study(folder: Path, text: str = STUDY, name: str = "study.toml") -> Path:
    """The study as a file."""
    path = folder / name
    path.write_text(text)
    return path


def run(
    study: Path, out: Path, jobs: int = 0, overrides: tuple[str, ...] = (), console: Console | None = None,
    place: Place | None = None, plugins: tuple[str, ...] = (TINY,), storage: str = "",
) -> Summary:  # fmt: skip
    """``harness run``, quietly."""
    registry = build_registry(plugins)
    plan = plan_from_file(study, overrides, registry)
    folder = ResultFolder(out)
    console = console or Console(file=io.StringIO())
    with Progress(plan.metric, console) as progress:
        execution = Execution(registry=registry, progress=progress, place=place or here(jobs), storage=storage)
        return run_study(plan, study.read_text(), folder, execution)


def tables(out: Path, names: tuple[str, ...] = REPRODUCIBLE) -> dict[str, bytes]:
    """The bytes of the reproducible tables, without the warnings about folders that happen to lie beside it."""
    read = {name: (out / "tables" / f"{name}.csv").read_bytes() for name in names}
    return {
        name: b"".join(line for line in table.splitlines(keepends=True) if not line.startswith(b"SHARED-SEEDS,"))
        for name, table in read.items()
    }


def call(*words: str, plugin: bool = True, code: int = 0) -> Result:
    """``harness …``, which must end with the exit code ``code``, and never with a traceback."""
    result = CliRunner().invoke(main, [*words, *(["--plugin", TINY] if plugin else [])], prog_name="harness")
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.output
    return result


def files(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file with its modification time and content."""
    return {
        str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*") if path.is_file()
    }  # fmt: skip

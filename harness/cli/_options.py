"""What the commands of the command line share: options, exit codes, the terminal's width."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from harness.analysis.findings import Findings
    from harness.plugin.registry import Registry
    from harness.records.folder import ResultFolder

FAILED, BAD_INPUT, SOME_FAILED, WORSE, INTERRUPTED = 1, 2, 3, 4, 130


FORMATS = ("text", "csv", "markdown", "latex", "json")


plugin_option = click.option(
    "plugins",
    "--plugin",
    multiple=True,
    metavar="FILE|MODULE",
    help="Load a plugin that is not installed; repeatable.",
)


set_option = click.option(
    "overrides", "--set", multiple=True, metavar="KEY=VALUE",
    help="Override anything of a study, as in search.trials=4 or optimiser.adam.lr=1e-3; repeatable.",
)  # fmt: skip


json_option = click.option("as_json", "--json", is_flag=True, help="Print JSON.")


device_option = click.option(
    "--device", default="cpu", show_default=True, metavar="cpu|cuda|cuda:N", help="What runs compute on."
)


jobs_option = click.option(
    "--jobs",
    type=click.IntRange(min=0),
    help="Worker processes; changes no result. 0: none, for a debugger  [default: one a core]",
)


format_option = click.option("form", "--format", type=click.Choice(FORMATS), default="text", show_default=True)


def width() -> int | None:
    """Columns of the terminal; None where stdout is something else, which wraps nothing."""
    return os.get_terminal_size().columns if sys.stdout.isatty() else None


def jobs_or_cores(jobs: int | None) -> int:
    """What ``--jobs`` says, else one worker for each core that this process may use."""
    if jobs is not None:
        return jobs
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def keep_report(folder: ResultFolder, findings: Findings, registry: Registry) -> None:
    """Write the folder's own report."""
    from harness.records.folder import write_text
    from harness.report.page import subject_of, write_report

    write_text(folder.report, write_report([subject_of(folder, findings, registry)]))

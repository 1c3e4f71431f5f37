"""The commands that work on result folders: table, unseal."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from harness.cli_options import (
    SOME_FAILED,
    device_option,
    format_option,
    jobs_option,
    jobs_or_cores,
    json_option,
    plugin_option,
    width,
)


def _complete_table(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from harness.tables import TABLES

    return [name for name in TABLES if name.startswith(incomplete)]


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.argument("name", default="arms", shell_complete=_complete_table)
@format_option
@json_option
def table(results: Path, name: str, form: str, as_json: bool) -> None:
    """Show a table of a result folder: arms, trials, runs, curves or timing."""
    from harness.errors import ResultError, unknown
    from harness.folder import ResultFolder
    from harness.render import answer, render
    from harness.results import Results
    from harness.tables import TABLES

    if name not in TABLES:
        raise ResultError(unknown("table", name, TABLES))
    found = Results.of(ResultFolder(results))
    frame = TABLES[name](found)
    form = "json" if as_json else form
    readable = name == "arms" and form == "text"
    click.echo(answer(found, frame, width()) if readable else render(frame, form), nl=False)


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--again", is_flag=True, help="Open it although it was opened for another choice before.")
@jobs_option
@device_option
@plugin_option
@json_option
def unseal(
    results: Path, again: bool, jobs: int | None, device: str, plugins: tuple[str, ...], as_json: bool
) -> None:  # fmt: skip
    """Measure the confirmed runs on the test split: once, at the very end, on record for good."""
    from harness.device import check_device
    from harness.folder import ResultFolder
    from harness.progress import Progress
    from harness.registry import build_registry
    from harness.render import render
    from harness.unsealed import unsealed
    from harness.unsealing import unseal as open_test_split

    folder, device = ResultFolder(results), check_device(device)
    study = folder.existing_study()
    with Progress(study["metric"], study["direction"]) as progress:
        found = open_test_split(
            folder, build_registry(plugins), plugins, jobs_or_cores(jobs), progress, device=device, again=again
        )
    click.echo(render(unsealed(found), "json" if as_json else "text", width()), nl=False)
    sys.exit(SOME_FAILED if any(each.reason for each in found.ordered if each.phase == "test") else 0)

"""The commands that read result folders: table."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli_options import format_option, json_option, width


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

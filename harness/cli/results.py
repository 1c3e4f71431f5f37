"""The commands ``table``, ``compare``, ``report`` and ``unseal``, which work on result folders."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from harness.cli._options import (
    SOME_FAILED,
    WORSE,
    HeadedCommand,
    TableOption,
    format_option,
    json_option,
    place_options,
    plugin_option,
    say,
    set_option,
    width,
)
from harness.metric import DIRECTIONS

table_option = partial(click.option, cls=TableOption)


def _complete_table(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from harness.analysis.tables import TABLES

    return [name for name in TABLES if name.startswith(incomplete)]


@click.command()
@click.argument("results", type=click.Path(path_type=Path))
@click.argument("name", default="arms", shell_complete=_complete_table)
@format_option
@json_option
def table(results: Path, name: str, form: str, as_json: bool) -> None:
    """Show a table of a result folder: arms, comparisons, trials, sensitivity, warnings, runs and others"""
    from harness import api
    from harness.report.formats import render
    from harness.report.notebook import check_table

    check_table(name)
    study_results = api.results(results)
    form = "json" if as_json else form
    readable = name == "arms" and form == "text"
    say(study_results.text(width()) if readable else render(study_results.table(name), form), nl=False)


@click.command(cls=HeadedCommand)
@click.argument("results", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--baseline", metavar="ARM", help="Compare with this arm  [default: the study's, or a table's first]")
@click.option("--metric", help="Compare by this metric  [default: the study's]; of a table, the column of scores.")
@click.option(
    "--pairs",
    type=click.Choice(["baseline", "same", "all"]),
    default="baseline",
    show_default=True,
    help="Each arm with the baseline, with its namesake in the first folder, or with every other.",
)
@click.option(
    "--smallest-difference", type=float, metavar="SIZE",
    help="Smallest difference that matters, in units of the metric  [default: the study's, or half an sd]",
)  # fmt: skip
@table_option("arms", "--arm", multiple=True, metavar="COLUMN", help="What is compared; several are crossed.")
@table_option("--seed", metavar="COLUMN", help="The runs' seeds  [default: every row is a run]")
@table_option("--direction", type=click.Choice(DIRECTIONS), help="Which way is better, where the name does not say.")
@table_option("--paired", is_flag=True, help="Equal seeds met equal random draws: compare seed by seed.")
@table_option("--where", multiple=True, metavar="COLUMN=VALUE", help="Only such rows; != too; repeatable.")
@table_option("--step", metavar="COLUMN", help="Of learning curves, take each run's last step.")
@table_option("--status", metavar="COLUMN", help="Says which runs failed; none: no column does.")
@click.option(
    "page", "--report", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write it as a page, too."
)
@click.option(
    "--fail-if-worse",
    is_flag=True,
    help=f"Exit with {WORSE} if an arm is worse, unless by less than matters; undecided ones pass.",
)
@format_option
@json_option
def compare(
    results: tuple[Path, ...], baseline: str | None, metric: str | None, pairs: Any, smallest_difference: float | None,
    arms: tuple[str, ...], seed: str | None, direction: Any, paired: bool, where: tuple[str, ...], step: str | None,
    status: str | None, page: Path | None, fail_if_worse: bool, form: str, as_json: bool,
) -> None:  # fmt: skip
    """Compare the arms of result folders, or any arms of one: paired where their seeds met the same draws.

    Or anybody's runs: a CSV (.gz, .xz) or Parquet file with a row for each run, as MLflow, W&B and Optuna export it.

        harness compare runs.csv --arm optimizer --seed seed --metric val_acc
    """
    from harness import api

    comparison = api.compare(
        *results, baseline=baseline, metric=metric, pairs=pairs, smallest_difference=smallest_difference,
        arm=arms or None, seed=seed, direction=direction, paired=paired, where=where, step=step, status=status,
    )  # fmt: skip
    if page is not None:
        comparison.report(page)
    say(comparison.text("json" if as_json else form, width()), nl=False)
    if fail_if_worse and (worse := comparison.worse):
        say(f"worse: {', '.join(worse)}", err=True)
        sys.exit(WORSE)


@click.command()
@click.argument("results", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "out",
    "-o",
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write  [default: report.html in the result folder; of several folders, here]",
)
@plugin_option
def report(results: tuple[Path, ...], out: Path | None, plugins: tuple[str, ...]) -> None:
    """Write a report: one HTML page that needs no network, no script and no other file."""
    from harness import api
    from harness.errors import ResultError
    from harness.records.table import is_table
    from harness.report.notebook import write_page

    if tables := [path for path in results if is_table(path)]:
        raise ResultError(f"{tables[0]}: a table of runs; harness compare {tables[0]} --report FILE writes its page")
    say(str(write_page([api.results(path, plugins=plugins) for path in results], out)))


@click.command(cls=HeadedCommand)
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--again", is_flag=True, help="Open it although it was opened for another choice before.")
@click.option(
    "--code",
    multiple=True,
    metavar="FILE|MODULE",
    help="Code that the folder's study names, and that may run; repeatable.",
)
@place_options
@set_option
@plugin_option
@json_option
def unseal(
    results: Path, again: bool, code: tuple[str, ...], jobs: int | None, executor: str | None, address: str | None,
    device: str, overrides: tuple[str, ...], plugins: tuple[str, ...], as_json: bool,
) -> None:  # fmt: skip
    """Measure the confirmed runs on the test split: once, at the very end, on record for good."""
    from harness import api
    from harness.report.formats import render

    opened = api.unseal(
        results, again=again, code=code, set=overrides, jobs=jobs, executor=executor, executor_address=address,
        plugins=plugins, device=device, progress=True,
    )  # fmt: skip
    opened.report()
    say(render(opened.test, "json" if as_json else "text", width()), nl=False)
    failed = [record for record in opened.records if record.phase == "test" and record.reason]
    sys.exit(SOME_FAILED if failed else 0)
